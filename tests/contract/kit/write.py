"""`python -m tests.contract.kit.write`: brings the contract kit up to date; says which files it wrote."""

from __future__ import annotations

import sys

from tests.contract.kit.files import ROOT, V1, kit


def main() -> None:
    """Write what has changed and remove what is no longer part of the kit."""
    wanted = dict(kit())
    for file, text in wanted.items():
        if not file.exists() or file.read_bytes() != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
            sys.stdout.write(f"wrote {file.relative_to(ROOT)}\n")
    for file in [*V1.glob("samples/*/*"), *V1.glob("schemas/*")]:
        if file not in wanted:
            file.unlink()
            sys.stdout.write(f"removed {file.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
