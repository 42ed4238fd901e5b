"""What the stories of the read models say of call-backs."""

from __future__ import annotations

from kindline.language import facts as f


def call_back(pool: str, name: str, queue: str, due_at: float) -> f.CallBackPromised:
    """A customer who waits takes a call-back."""
    return f.CallBackPromised(pool=pool, interaction_id=name, due_at=due_at, deadline=due_at + 9_000.0, queue=queue)
