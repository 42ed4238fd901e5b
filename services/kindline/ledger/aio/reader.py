"""Reads Kafka through aiokafka, with a task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from kindline.ledger.aio.polling import AioPollTask
from kindline.ledger.clients.polling import Arrive
from kindline.ledger.clients.reader import PolledReader
from kindline.ledger.port import Partition


class AioReader(PolledReader):
    """Fulfils port.Reader."""

    def __init__(
        self, bootstrap: str, client_name: str, positions: Mapping[Partition, int], *, late: float = 0.0
    ) -> None:
        """Begin to read at these positions; needs a running loop."""
        pollers: list[AioPollTask] = []

        def make(loop: asyncio.AbstractEventLoop, arrive: Arrive) -> AioPollTask:
            pollers.append(AioPollTask(bootstrap, client_name, loop, arrive, late=late))
            return pollers[0]

        super().__init__(make, positions)
        [self._poll_task] = pollers

    async def close(self) -> None:
        """Let go, and give the connections a second to close: a loop that ends would leave them open."""
        await super().close()
        await self._poll_task.ended()
