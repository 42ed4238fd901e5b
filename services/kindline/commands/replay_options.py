"""What can be said to `kindline replay`: days, instants and times that somebody could take.

Promises that a value with another meaning than its writer's is refused by its option's name, or taken at its word.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import isnan

import click

DATES = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])
LONGEST_SECONDS = 86_400.0


class Seconds(click.FloatRange):
    """A time that somebody could take: from none to a day, and a number."""

    def __init__(self) -> None:
        """Bound it."""
        super().__init__(min=0, max=LONGEST_SECONDS)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds; what is no number compares with no bound, and so passes them all."""
        seconds = float(super().convert(value, param, ctx))
        if isnan(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


class End(click.DateTime):
    """The instant at which a span ends: a day is meant to its end, an instant is meant as it stands."""

    def __init__(self) -> None:
        """Take what a beginning takes."""
        super().__init__(DATES.formats)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The first instant that is no part of the span any more."""
        end: datetime = super().convert(value, param, ctx)
        return end if isinstance(value, datetime) or "T" in str(value) else end + timedelta(days=1)
