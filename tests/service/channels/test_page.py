"""The chat page in a real browser, as a visitor sees it."""

import asyncio
import os
from pathlib import Path

import pytest

from kindline.language.call_backs import CallBackAccepted
from kindline.ledger.memory import ACKNOWLEDGED, AppendFault, MemoryLedger, Outcome
from kindline.ledger.topics import INTERACTIONS
from tests.domain.channels.given import (
    CHAT,
    POOL,
    agent_said,
    answered,
    closed,
    completed,
    customer_said,
    queued,
    received,
)
from tests.domain.channels.test_call_back import NUMBER, offered, promised
from tests.service.channels.browser import Tab, browser_path, browsing
from tests.service.channels.room import Room, running, until

BROWSER = browser_path()
PICTURES = os.environ.get("KINDLINE_TEST_PICTURES")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium here: install chromium-headless-shell to run these"),
]


async def begun(room: Room, tab: Tab, text: str) -> str:
    """The visitor wrote, and it was decided that they wait; gives the thread."""
    await tab.write(text)
    await until(lambda: bool(room.inputs()))
    event = room.inputs()[0][0]
    message_id = getattr(event.event, "message_id", "")
    said = customer_said(message_id, text, thread=event.thread, opening=True)
    await room.owner.decide(received(thread=event.thread), said, queued())
    return event.thread


def address(room: Room) -> str:
    """The page of this room's chat."""
    return f"{room.url}/?pool={POOL}&entry_point={CHAT}"


async def keep(tab: Tab, name: str) -> None:
    """Keep a picture when somebody asked for pictures."""
    if PICTURES:
        await tab.picture(Path(PICTURES) / f"{name}.png")


async def test_a_visitor_reads_who_is_with_them_and_markup_stays_text() -> None:
    """A visitor types, waits, is told who comes, reads the answer, and nothing that is said becomes markup."""
    async with running() as room, browsing(str(BROWSER)) as tab:
        await tab.open(address(room))
        await tab.sees("somebody will be with you")
        await begun(room, tab, "Hello <b>there</b> 你好")
        await tab.sees("You are in the queue")
        await keep(tab, "waiting")
        script = "<script>document.title='stolen'</script><img src=x onerror=alert(1)>"
        await room.owner.decide(answered(), agent_said("a1", "Good morning! How can I help?"), agent_said("a2", script))
        await tab.sees("Amy Zhang is with you")
        await tab.sees(script)
        assert await tab.value("document.querySelectorAll('#lines b, #lines img, #lines script').length") == 0
        assert "stolen" not in str(await tab.value("document.title"))
        await keep(tab, "with_agent")
        await room.owner.decide(agent_said("a3", "Good-bye"), completed(), closed())
        await tab.sees("has ended this conversation")
        await keep(tab, "ended")
        assert tab.problems == []


async def test_a_chinese_visitor_reads_chinese() -> None:
    """A visitor whose browser asks for Chinese reads Chinese, also at night."""
    async with running() as room, browsing(str(BROWSER)) as tab:
        await tab.open(address(room), languages="zh-CN,zh", dark=True)
        await tab.sees("我们会有人为您服务")
        await begun(room, tab, "我的卡丢了")
        await tab.sees("您正在排队")
        await room.owner.decide(answered(), agent_said("a1", "您好，请稍等。"))
        await tab.sees("Amy Zhang 正在为您服务")
        await keep(tab, "chinese_dark")
        assert tab.problems == []


async def test_while_kafka_is_away_what_is_typed_stays_and_is_sent_later() -> None:
    """A message that could not be stored is shown as not sent, survives a reload, and is stored once Kafka is back."""
    ledger = MemoryLedger(4)
    async with running(ledger) as room, browsing(str(BROWSER)) as tab:
        away = AppendFault(copies=0, outcome=Outcome.UNAVAILABLE)
        ledger.fault = lambda partition: away if partition.topic == INTERACTIONS else ACKNOWLEDGED
        await tab.open(address(room))
        await tab.sees("somebody will be with you")
        await tab.write("Is anybody there?")
        await tab.sees("Not sent yet")
        await keep(tab, "unsent")
        await tab.ask("Page.reload")
        await tab.sees("Not sent yet")
        assert room.inputs() == []
        ledger.fault = lambda _: ACKNOWLEDGED
        await until(lambda: bool(room.inputs()), 20.0)
        await until(lambda: len({envelope.event_id for _, envelope in room.inputs()}) == 1)


async def test_a_reload_shows_the_conversation_again() -> None:
    """A visitor who reloads the page is the same visitor and sees what was said."""
    async with running() as room, browsing(str(BROWSER)) as tab:
        await tab.open(address(room))
        await tab.sees("somebody will be with you")
        await begun(room, tab, "Hello")
        await room.owner.decide(answered(), agent_said("a1", "Good morning"))
        await tab.sees("Good morning")
        await tab.ask("Page.reload")
        await tab.sees("Good morning")
        assert await tab.value("document.querySelectorAll('.line').length") == 2


async def test_a_visitor_takes_a_call_back_with_one_click_and_a_number() -> None:
    """A visitor who has waited sees the button, leaves a number, and reads that they may close the page."""
    async with running() as room, browsing(str(BROWSER)) as tab:
        await tab.open(address(room))
        await tab.sees("somebody will be with you")
        thread = await begun(room, tab, "Hello")
        await tab.sees("You are in the queue")
        assert await tab.value("document.getElementById('call_back').hidden") is True
        await room.owner.decide(offered())
        await until_shown(tab, "!document.getElementById('call_back').hidden")
        await tab.value("window.prompt = () => ' +371 2000 0000 '; document.getElementById('call_back').click()")
        await until(lambda: len(room.inputs()) == 2)
        happening = room.inputs()[1][0].event
        assert isinstance(happening, CallBackAccepted)
        assert happening.content == NUMBER
        await room.owner.decide(promised())
        await tab.sees("You keep your place and may close this page")
        assert thread
        assert tab.problems == []


async def until_shown(tab: Tab, expression: str) -> None:
    """Wait until the page makes an expression true."""
    async with asyncio.timeout(10):
        while not await tab.value(expression):
            await asyncio.sleep(0.05)
