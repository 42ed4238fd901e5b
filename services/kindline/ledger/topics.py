"""The one place that names topics: what each holds, under which key, who writes and reads it, and its settings.

Promises to `kindline topics` and to every service: a table that is complete, and a partition count that is the same for
every topic, because a shard is one partition number everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_PARTITIONS = 16
MEBIBYTE = 1024 * 1024

PLAN = "kindline.plan"
INTERACTIONS = "kindline.interactions"
AGENTS = "kindline.agents"
DECISIONS = "kindline.decisions"
SNAPSHOTS = "kindline.snapshots"
FLOOR = "kindline.floor"
SLA = "kindline.sla"
QUEUES_CHANGELOG = "kindline-queues-rows-changelog"
"""Faust names the topic behind a table `<app id>-<table>-changelog`; here: app kindline-queues, table rows."""
SLA_CHANGELOG = "kindline-sla-rows-changelog"

INPUTS = (PLAN, INTERACTIONS, AGENTS)
"""What an engine decides on, in the order in which a new owner reads it."""


def dead_letters(topic: str) -> str:
    """The topic that takes what a topic's reader had to refuse."""
    return f"{topic}.dlq"


FOR_EVER: Mapping[str, str] = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Kept until the shard's owner trims it (DESIGN 3)."""

NEWEST_PER_KEY: Mapping[str, str] = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 * MEBIBYTE),
    "segment.ms": str(10 * 60 * 1000),  # The newest segment is never compacted, so it must not stay open for a week.
    "min.cleanable.dirty.ratio": "0.2",
}
LARGE: Mapping[str, str] = {"max.message.bytes": str(8 * MEBIBYTE)}
APPEND_TIME: Mapping[str, str] = {"message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic: its name, what its key means, who writes and who reads it, its settings, and a sentence on it."""

    name: str
    key: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    sentence: str
    settings: Mapping[str, str] = field(default_factory=lambda: {**FOR_EVER, **APPEND_TIME})

    @property
    def compacted(self) -> bool:
        """Whether only the newest record of each key is kept."""
        return self.settings["cleanup.policy"] == "compact"


ALL_ROOMS = ("channels", "routing", "presence", "queues", "sla")

SOURCES: tuple[Topic, ...] = (
    Topic(
        name=PLAN,
        key="pool",
        written_by=("plan apply",),
        read_by=(*ALL_ROOMS, "audit"),
        sentence="The whole plan of a pool, each version once; versions only rise.",
        settings={**FOR_EVER, **APPEND_TIME, **LARGE},
    ),
    Topic(
        name=INTERACTIONS,
        key="pool",
        written_by=("channels", "integrations"),
        read_by=("routing", "audit"),
        sentence="What customers and channels do.",
    ),
    Topic(
        name=AGENTS,
        key="pool",
        written_by=("presence", "routing"),
        read_by=("routing", "audit"),
        sentence="Agents' sessions, signs of life and commands.",
    ),
    Topic(
        name=DECISIONS,
        key="shard",
        written_by=("routing",),
        read_by=(*ALL_ROOMS, "audit"),
        sentence="The truth, one log for everybody: batches of facts, and claims to own a shard.",
        settings={**FOR_EVER, **APPEND_TIME, **LARGE},
    ),
    Topic(
        name=SNAPSHOTS,
        key="shard, snapshot id, part",
        written_by=("routing",),
        read_by=("routing", "presence", "channels"),
        sentence="A shard's whole state at one position, in parts and a manifest.",
        settings={**NEWEST_PER_KEY, **APPEND_TIME, **LARGE},
    ),
    Topic(
        name=FLOOR,
        key="pool/queue or pool/agent",
        written_by=("queues",),
        read_by=("presence", "channels", "watch"),
        sentence="The floor as it stands, for display only.",
        settings={**NEWEST_PER_KEY, **APPEND_TIME},
    ),
    Topic(
        name=SLA,
        key="pool",
        written_by=("sla",),
        read_by=("anyone", "audit"),
        sentence="Promises warned, met and breached, with ids by which repeats are dropped.",
    ),
)

DEAD_LETTERS: tuple[Topic, ...] = tuple(
    Topic(
        name=dead_letters(topic.name),
        key=f"as {topic.name}",
        written_by=("routing",),
        read_by=("people",),
        sentence=f"Records of {topic.name} that had to be refused, with the reason in x-dlq-* headers.",
        settings=topic.settings,
    )
    for topic in SOURCES
    if topic.name in INPUTS
)

CHANGELOGS: tuple[Topic, ...] = tuple(
    Topic(
        name=name,
        key="row",
        written_by=(room,),
        read_by=(room,),
        sentence=f"The rows of {room}, from which it starts again.",
        settings={**NEWEST_PER_KEY, **LARGE},
    )
    for name, room in ((QUEUES_CHANGELOG, "queues"), (SLA_CHANGELOG, "sla"))
)

ALL: tuple[Topic, ...] = (*SOURCES, *DEAD_LETTERS, *CHANGELOGS)
"""Every topic, in the order in which `kindline topics` shows them."""
