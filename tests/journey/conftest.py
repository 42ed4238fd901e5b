"""One whole contact centre on real Kafka for all journeys: five services as processes, as `kindline up` runs them."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kindline.commands.centre import Centre, CentreOptions
from kindline.commands.plan_file import DEFAULT_PLAN
from kindline.ledger.local import LocalKafka
from kindline.runtime.running import RunningCentre

HOOK_SECRET = "whsec_" + base64.b64encode(b"a secret made for tests only....").decode()
"""Signs web hooks to acme/support/forms."""


@dataclass
class RunningHouse:
    """The centre, and where its parts are."""

    centre: Centre
    running: RunningCentre
    directory: Path

    def kill(self, part: str) -> None:
        """End one part as a crash would, and start it again, as `kindline up` does."""
        for found in self.centre.parts:
            if found.name == part and found.child is not None:
                found.child.kill()
        self.centre.mend()

    @property
    def kafka(self) -> LocalKafka:
        """The house's own Kafka, of one node."""
        kafka = self.centre.local_kafka
        assert kafka is not None, "the house runs no Kafka of its own"
        return kafka

    def settle(self) -> None:
        """Wait until every service is ready again."""
        self.centre.wait_ready()

    def log(self, part: str) -> str:
        """What a part has said so far."""
        return (self.directory / "logs" / f"{part}.log").read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """A contact centre with the default plan, all five services and a standby router."""
    directory = tmp_path_factory.mktemp("centre")
    options = CentreOptions(
        directory=directory,
        plan=DEFAULT_PLAN,
        free_ports=True,
        routers=2,
        environment={"KINDLINE_WEB_HOOK_SECRETS": json.dumps({"acme/support/forms": [HOOK_SECRET]})},
    )
    centre = Centre(options, lambda line: print(line, file=sys.stderr))
    with centre as running:
        yield RunningHouse(centre, running, directory)
