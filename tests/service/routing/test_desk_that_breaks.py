"""A desk that cannot go on says so to the front end, whatever the reason was."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kindline.client import Desk
from kindline.v1 import routing_pb2
from tests.given import POOL


async def test_words_of_a_newer_service_end_the_desk_loudly() -> None:
    """A front end that is too old for what it hears is told, instead of waiting for events for ever."""
    desk = Desk(pool=POOL, agent_id="amy")

    async def frames() -> AsyncIterator[routing_pb2.FollowWorkResponse]:
        gone = routing_pb2.OfferWithdrawn(offer_id="o.1", end=99)  # type: ignore[arg-type]
        yield routing_pb2.FollowWorkResponse(items=[routing_pb2.WorkItem(offer_withdrawn=gone)])

    following = asyncio.create_task(desk._keep("routing", frames, desk._hear_work))  # noqa: SLF001
    with pytest.raises(ValueError, match="99"):
        await asyncio.wait_for(anext(desk.events()), 5)
    await following
