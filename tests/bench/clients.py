"""Which client the engine should speak through: publish-to-offer with each of them behind the same port, one table.

Each client gets a whole centre of its own, one after the other, because two at once would measure each other; every
ratio is to raw trips made in the same minute, so a machine that grows busy meanwhile favours nobody.
"""

from __future__ import annotations

import os

from kindline.ledger.opening import CLIENT_VARIABLE, CLIENTS
from tests.bench import publish_to_offer
from tests.bench.figures import Figures, say

ROUNDS = 3
SHOWN = ("owner_p50", "owner_p99", "other_p50", "other_p99")


def measure() -> Figures:
    """Measure each client, and put back what was chosen before."""
    chosen_before = os.environ.get(CLIENT_VARIABLE)
    figures: Figures = {}
    try:
        for client in CLIENTS:
            say(f"the ledger speaks through {client}")
            os.environ[CLIENT_VARIABLE] = client
            found = publish_to_offer.measure(ROUNDS)
            name = client.replace("-", "_")
            figures |= {f"{name}_{shown}_ratio": found[f"{shown}_ratio_beside_kafka_python"] for shown in SHOWN}
            figures[f"{name}_rounds_failed"] = found["rounds_failed"]
    finally:
        if chosen_before is None:
            os.environ.pop(CLIENT_VARIABLE, None)
        else:
            os.environ[CLIENT_VARIABLE] = chosen_before
    return figures
