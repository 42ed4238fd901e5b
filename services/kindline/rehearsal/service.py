"""`kindline rehearse`: practice customers and agents through the real edges, or a real bank's call day."""

from __future__ import annotations

import click

from kindline.rehearsal.bank_log import bank_log
from kindline.rehearsal.demo import demo


@click.group("rehearse", commands=[demo, bank_log])
def command() -> None:
    """Practice customers and agents, or a real day's calls, through the real edges."""
