"""`kindline rehearse`: practice customers and agents through the real edges, or a real bank's call day."""

from __future__ import annotations

import click

from kindline.rehearsal.bank_log import bank_log


@click.group("rehearse")
def command() -> None:
    """Practice customers and agents, or a real day's calls, through the real edges."""


command.add_command(bank_log)
