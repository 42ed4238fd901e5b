"""What an agent may type at a terminal desk: one line is one order, and plain text goes to the customer in hand.

Promises agents that a line which was not understood does nothing and reaches no customer, and that the answer says
what to type instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from kindline.client import AgentStatus, Desk, Disposition, Offer, Work, WorkState
from kindline.commands.desk_book import DeskBook, Notice

HELP = """\
a [N]                  accept the offer (the Nth, if there are several)
d [REASON]             decline it; the customer keeps their place
words                  say them to your customer (/say WORDS if they begin with a or d)
/done [CODE]           end the conversation; wrap-up begins
/finish                end the wrap-up
/hold, /resume         put the customer on hold, and back
/transfer QUEUE [NOTE] give the customer to a queue; they keep their age
/switch N              speak to customer N
/break [REASON]        no new offers from now on (/meeting, /training, /offline too)
/next break [REASON]   the same, but when the work in hand has ended
/back                  ready for work
/here                  say that you are here after offers went by
/quit                  sign out (Ctrl-C does the same)"""

STATUSES = {
    "break": AgentStatus.BREAK,
    "meeting": AgentStatus.MEETING,
    "training": AgentStatus.TRAINING,
    "offline": AgentStatus.OFFLINE,
    "back": AgentStatus.AVAILABLE,
}

Order = Callable[[str], Awaitable[Notice | None]]


class NotUnderstood(Exception):
    """Nothing was done; the message says what to type."""


class DeskOrders:
    """Carries out what is typed, on one signed-in desk."""

    def __init__(self, desk: Desk, book: DeskBook) -> None:
        """`book` says what there is; nothing is changed in it but whom the agent speaks to."""
        self._desk = desk
        self._book = book
        self.leaving = False
        """Whether /quit has been said, and meant."""
        self._asked_to_leave = False
        self._orders: dict[str, Order] = {
            "say": self._say,
            "done": self._done,
            "finish": self._finish,
            "hold": self._hold,
            "resume": self._resume,
            "transfer": self._transfer,
            "switch": self._switch,
            "next": self._next,
            "here": self._here,
            "help": self._help,
            "quit": self._quit,
        }

    async def perform(self, line: str) -> Notice | None:
        """Do what a line says. Raises NotUnderstood, DeskRefused, DeskUnreachable."""
        text = line.strip()
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        leaving, self._asked_to_leave = self._asked_to_leave, False
        if text in {"/quit", "/exit"}:
            self._asked_to_leave = leaving
            return await self._quit("")
        if not text:
            return None
        if word in {"a", "d"}:
            await (self._accept(rest) if word == "a" else self._decline(rest))
            return None
        if not text.startswith("/"):
            await self._say(text)
            return None
        name = word[1:].lower()
        if name in STATUSES:
            return await self._declare(STATUSES[name], rest, when_work_ends=False)
        order = self._orders.get(name)
        if order is None:
            raise NotUnderstood(f"{word} is no command, and nothing was sent. /help lists the commands.")
        return await order(rest)

    def leave(self) -> Notice | None:
        """Sign out, or ask once more while customers are there."""
        customers = len(self._book.with_customers)
        if not customers or self._asked_to_leave:
            self.leaving = True
            return None
        self._asked_to_leave = True
        them = "a customer is" if customers == 1 else f"{customers} customers are"
        return Notice(
            f"Still here: {them} with you. Signing out gives chats back to their queue with their age. "
            "To do so, type /quit or press Ctrl-C once more; anything else stays."
        )

    async def _accept(self, rest: str) -> None:
        await self._desk.accept(self._offer(rest, "a"))

    async def _decline(self, rest: str) -> None:
        number, _, reason = rest.partition(" ")
        if number.isdigit():
            await self._desk.decline(self._offer(number, "d"), reason.strip())
        else:
            await self._desk.decline(self._offer("", "d"), rest)

    def _offer(self, number: str, letter: str) -> Offer:
        offers = sorted(self._book.offers.values(), key=lambda offer: (offer.expires_at, offer.offer_id))
        if not offers:
            raise NotUnderstood(
                f"There is no offer, and nothing was sent. To say it to the customer: /say {letter} ..."
            )
        if not number:
            return offers[0]
        if not number.isdigit() or not 1 <= int(number) <= len(offers):
            count = "is 1 offer" if len(offers) == 1 else f"are {len(offers)} offers"
            raise NotUnderstood(f"There {count}: type {letter}, or {letter} and its number.")
        return offers[int(number) - 1]

    async def _say(self, text: str) -> None:
        work = self._in_hand("nothing was sent")
        if work.state is WorkState.WRAP_UP:
            raise NotUnderstood("That conversation is over, so nothing was sent. /finish ends the wrap-up.")
        if not text:
            raise NotUnderstood("There is nothing to say: /say WORDS.")
        await self._desk.send(work, text)

    async def _done(self, code: str) -> None:
        work = self._in_hand("nothing was ended")
        await self._desk.complete(work, Disposition(code=code) if code else None)

    async def _finish(self, _: str) -> None:
        work = self._book.speaking_to
        if work is None or work.state is not WorkState.WRAP_UP:
            wrapping = [each for each in self._book.work.values() if each.state is WorkState.WRAP_UP]
            if not wrapping:
                raise NotUnderstood("You are in no wrap-up. /done ends a conversation.")
            work = wrapping[0]
        await self._desk.finish_wrap_up(work)

    async def _hold(self, _: str) -> None:
        await self._desk.hold(self._in_hand("nobody was put on hold"))

    async def _resume(self, _: str) -> None:
        await self._desk.resume(self._in_hand("nobody was on hold"))

    async def _transfer(self, rest: str) -> None:
        queue, _, note = rest.partition(" ")
        if not queue:
            raise NotUnderstood("To which queue? /transfer QUEUE, and a note for the next agent if you like.")
        await self._desk.transfer(self._in_hand("nobody was transferred"), queue, note.strip())

    async def _switch(self, rest: str) -> Notice:
        work = self._book.called(int(rest)) if rest.isdigit() else None
        if work is None:
            there = ", ".join(str(self._book.numbers[name]) for name in self._book.work) or "nobody"
            raise NotUnderstood(f"/switch N: with you now: {there}.")
        return self._book.turn_to(work)

    async def _next(self, rest: str) -> Notice:
        name, _, reason = rest.partition(" ")
        status = STATUSES.get(name.lower())
        if status is None:
            raise NotUnderstood(f"/next and one of: {', '.join(STATUSES)}.")
        return await self._declare(status, reason.strip(), when_work_ends=True)

    async def _declare(self, status: AgentStatus, reason: str, *, when_work_ends: bool) -> Notice:
        await self._desk.set_status(status, reason, when_work_ends=when_work_ends)
        return Notice(f"Declared: {status.name}{' when your work ends' if when_work_ends else ''}.")

    async def _here(self, _: str) -> Notice:
        await self._desk.clear_not_responding()
        return Notice("Good that you are here.")

    async def _help(self, _: str) -> Notice:
        return Notice(HELP)

    async def _quit(self, _: str) -> Notice | None:
        return self.leave()

    def _in_hand(self, otherwise: str) -> Work:
        work = self._book.speaking_to
        if work is None:
            hint = " /switch N chooses a customer." if self._book.work else ""
            raise NotUnderstood(f"You are with nobody, so {otherwise}.{hint}")
        return work
