"""Puts channels together: the chat page, the web hooks, and what carries decisions back to customers."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import httpx

from kindline.channels.adapters.app import make_app
from kindline.channels.adapters.attendance import Attendance
from kindline.channels.adapters.chat_socket import Lobby
from kindline.channels.adapters.departures import Departures
from kindline.channels.adapters.following import Following
from kindline.channels.adapters.hook_in import HookDesk
from kindline.channels.adapters.hook_out import SECONDS, Address, Addresses
from kindline.channels.adapters.metrics import Numbers
from kindline.channels.adapters.notice_log import NoticeLog
from kindline.channels.adapters.publishing import Publisher
from kindline.channels.adapters.receipts import Receipts
from kindline.channels.adapters.reporting import Reporter
from kindline.channels.adapters.server import WebServer
from kindline.channels.adapters.settings import ChannelSettings
from kindline.ledger import topics
from kindline.ledger.attendance import shard_count
from kindline.ledger.port import Ledger, Partition
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Channels:
    """The room, running."""

    server: WebServer
    following: Following
    attendance: Attendance

    @property
    def port(self) -> int:
        """Where the chat page and the web hooks are."""
        return self.server.port


read_settings = ChannelSettings.read


read_settings = ChannelSettings.read


async def build(settings: ChannelSettings, clock: BusinessClock, ledger: Ledger, on: On) -> Channels:
    """Start the room; it runs until `on` closes. Raises CannotListen."""
    numbers, attendance = Numbers(on.metrics), Attendance()
    shards = await shard_count(ledger)
    following = Following(ledger, shards, attendance.wake)
    publisher = Publisher(ledger, clock, on.system, shards, numbers)
    reporter = Reporter(publisher, numbers)
    departures = Departures(attendance, following, publisher, on.system, settings.orphan_seconds)
    on.closer(publisher.close)
    on.task("following", following.run())
    on.task("reports", reporter.run())
    on.task("departures", departures.run())
    _tell_by_web_hook(settings, ledger, following, reporter, (numbers, on))

    lobby = Lobby(
        settings=settings,
        system=on.system,
        publisher=publisher,
        following=following,
        attendance=attendance,
        departures=departures,
        receipts=Receipts(following, reporter),
        numbers=numbers,
    )
    hooks = HookDesk(settings=settings, system=on.system, publisher=publisher, following=following, numbers=numbers)
    server = WebServer(make_app(lobby, hooks), settings.host, settings.port)
    on.task("http", server.run())
    on.draining(attendance.dismiss_all)
    on.check("ledger", lambda: _ledger_answers(ledger))
    on.check("decisions", following.not_started)
    if not settings.token_secret_given:
        log.warning("KINDLINE_TOKEN_SECRET is not set: visitors who come back after a restart are not recognised")
    log.info("chat on http://%s:%d/", settings.host, server.port)
    return Channels(server, following, attendance)


def _tell_by_web_hook(
    settings: ChannelSettings, ledger: Ledger, following: Following, reporter: Reporter, shown: tuple[Numbers, On]
) -> None:
    numbers, on = shown
    if not settings.hook_urls:
        return
    client = httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False)
    on.closer(client.aclose)
    addresses = Addresses(
        {
            endpoint: Address(url, settings.hook_keys[endpoint][0], client=client, system=on.system, numbers=numbers)
            for endpoint, url in settings.hook_urls.items()
        },
        reporter,
    )
    on.task("web hooks", addresses.run())
    on.task("notices", NoticeLog(ledger, following, tuple(settings.hook_urls), addresses, numbers).run())


async def _ledger_answers(ledger: Ledger) -> str | None:
    try:
        await ledger.bounds([Partition(topics.INTERACTIONS, 0)])
    except Exception as error:  # noqa: BLE001 - whatever it is, the check says so.
        return f"the ledger does not answer ({type(error).__name__}): is Kafka up?"
    return None
