"""What an agent declares is theirs: whatever happens on a day, nobody but they themselves changes it."""

from kindline.language import facts as f
from kindline.language.agents import AgentCommand, AgentStatus, SetStatus
from kindline.routing.domain.inputs import AgentSpoke
from tests.domain.audit.test_full_day import Driver


def test_no_status_is_declared_that_its_agent_did_not_ask_for() -> None:
    """Missed offers, full hands, a fire drill: on such a day each declared status is the last one the agent chose."""
    centre = Driver(3).day()
    wished: dict[str, AgentStatus] = {}
    current: dict[str, AgentStatus] = {}
    declared = 0
    for (_, given), (_, facts) in zip(centre.inputs, centre.log, strict=True):
        if isinstance(given, AgentSpoke) and isinstance(given.event.event, AgentCommand):
            command = given.event.event.command
            if isinstance(command, SetStatus):
                wished[given.event.agent_id] = command.status
        for fact in facts:
            if isinstance(fact, f.AgentStatusDeclared):
                # Asked for "when my work ends", it is what it was until then.
                assert fact.status in {wished[fact.agent_id], current.get(fact.agent_id)}
                current[fact.agent_id] = fact.status
                declared += 1
    assert declared > 20
    assert len(centre.facts(f.OfferExpired)) > 5
