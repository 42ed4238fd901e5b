"""What a process reads before it starts: its clocks, its settings and its secrets, each refused in plain words."""

import pytest

from kindline.runtime.clock import BusinessClock, ClockUnreadable, SystemClock, business_clock, parse_clock, with_origin
from kindline.runtime.identities import fresh_command_id, fresh_id
from kindline.runtime.settings import Environment, ProcessSettings, RpcSettings, SettingWrong

MORNING = 916_635_600.0
"""07:00 on 18 January 1999, two hours east of Greenwich."""
ORIGIN = 1_760_000_000.0
REHEARSED = "1999-01-18T07:00:00+02:00@60"
SECRET = {"KINDLINE_TOKEN_SECRET": "s" * 32}


class Stopped:
    """A system clock that a test sets."""

    def __init__(self, wall: float) -> None:
        """Show this time."""
        self.at = wall

    def wall(self) -> float:
        """The time that was set."""
        return self.at

    def monotonic(self) -> float:
        """The same."""
        return self.at


def test_business_time_is_the_wall_unless_told_otherwise() -> None:
    """Without a setting an hour is an hour, and it is now."""
    clock = business_clock("", Stopped(ORIGIN))
    assert (clock.now(), clock.accelerated, clock.factor) == (ORIGIN, False, 1.0)


def test_a_rehearsed_day_runs_at_its_own_pace_from_its_own_morning() -> None:
    """One minute of the wall is an hour of business when the clock runs sixty times as fast."""
    system = Stopped(ORIGIN)
    clock = business_clock(f"{REHEARSED}@{ORIGIN}", system)
    assert clock.now() == MORNING
    system.at += 60
    assert clock.now() == MORNING + 3_600
    assert clock.system_seconds(3_600) == 60
    assert clock.wall_at(clock.at(ORIGIN + 7)) == pytest.approx(ORIGIN + 7)


def test_a_restart_finds_the_day_where_it_left_it() -> None:
    """A process that starts later with the same setting shows the same business time as one that ran all along."""
    setting = with_origin(REHEARSED, ORIGIN)
    assert setting.endswith(f"@{ORIGIN:.3f}")
    first, second = (business_clock(setting, Stopped(ORIGIN + 100)) for _ in range(2))
    assert first.now() == second.now()
    assert with_origin(setting, ORIGIN + 500) == setting


@pytest.mark.parametrize(
    "text, complaint",
    [
        (REHEARSED, "does not say when it began"),
        (f"yesterday@60@{ORIGIN}", "is no ISO 8601 time"),
        (f"1999-01-18T07:00:00@60@{ORIGIN}", "needs an offset"),
        (f"1999-01-18T07:00:00Z@fast@{ORIGIN}", "is no number"),
        (f"1999-01-18T07:00:00Z@0@{ORIGIN}", "must be above 0"),
        ("1999-01-18T07:00:00Z@60@nan", "is no number"),
    ],
)
def test_a_clock_that_cannot_be_read_is_refused_with_an_example(text: str, complaint: str) -> None:
    """Each way to write the clock wrongly is named, with one that is right beside it."""
    with pytest.raises(ClockUnreadable, match=complaint) as refused:
        parse_clock(text)
    assert "1999-01-18T07:00:00+02:00@60@" in str(refused.value)
    with pytest.raises(SettingWrong, match=complaint):
        ProcessSettings.read("routing", Environment({"KINDLINE_CLOCK": text}))


def test_every_default_works_on_one_machine() -> None:
    """With nothing but a secret every service knows where Kafka is, where to listen and where to show itself."""
    process = ProcessSettings.read("presence", Environment({}))
    assert (process.kafka, process.admin_host, process.admin_port) == ("127.0.0.1:9092", "127.0.0.1", 9103)
    assert not process.clock.accelerated
    rpc = RpcSettings.read("routing", Environment(SECRET))
    assert (rpc.host, rpc.port, rpc.loopback) == ("127.0.0.1", 7002, True)


@pytest.mark.parametrize(
    "variable, value, complaint",
    [
        ("KINDLINE_KAFKA", "kafka", "is no host:port"),
        ("KINDLINE_KAFKA", "a:1,b", "'b' is no host:port"),
        ("KINDLINE_PRESENCE_ADMIN_PORT", "ninety", "is no port"),
        ("KINDLINE_PRESENCE_ADMIN_PORT", "70000", "is no port"),
        ("KINDLINE_LOG_FORMAT", "xml", "give one of auto, json, plain"),
        ("KINDLINE_GRACE_SECONDS", "-1", "is no duration"),
        ("KINDLINE_GRACE_SECONDS", "inf", "is no duration"),
        ("KINDLINE_PRESENCE_PROCESSORS", "0,first", "'first' is no processor"),
        ("KINDLINE_PRESENCE_PROCESSORS", "0-99999", "'0-99999' is no processor"),
        ("KINDLINE_PRESENCE_PROCESSORS", "3-1", "'3-1' is no processor"),
    ],
)
def test_a_wrong_value_is_refused_with_the_variables_name(variable: str, value: str, complaint: str) -> None:
    """A person who mistyped a setting learns which one it was and what would do."""
    with pytest.raises(SettingWrong, match=complaint) as refused:
        ProcessSettings.read("presence", Environment({variable: value}))
    assert str(refused.value).startswith(f"{variable}={value}")


def test_a_process_may_be_kept_to_some_processors() -> None:
    """Numbers and ranges of processors are read for the service that they name, and for no other."""
    environment = Environment({"KINDLINE_ROUTING_PROCESSORS": "0, 2-4"})
    assert ProcessSettings.read("routing", environment).processors == {0, 2, 3, 4}
    assert ProcessSettings.read("presence", environment).processors == frozenset()


@pytest.mark.parametrize("secret", [{}, {"KINDLINE_TOKEN_SECRET": "short"}])
def test_an_edge_does_not_start_without_a_proper_secret(secret: dict[str, str]) -> None:
    """Without a secret, or with a short one, an edge refuses to start, says what to do, and does not repeat it."""
    with pytest.raises(SettingWrong, match="at least 32 random bytes") as refused:
        RpcSettings.read("presence", Environment(secret))
    assert "short" not in str(refused.value)


def test_a_secret_is_never_shown() -> None:
    """Whatever prints settings or the environment shows no secret."""
    assert "sss" not in repr(RpcSettings.read("presence", Environment(SECRET)))
    assert "sss" not in repr(Environment(SECRET))


def test_fresh_names_are_fresh_and_command_ids_tell_their_age() -> None:
    """No two fresh names are alike, and a command id begins with the moment it was made."""
    assert len({fresh_id() for _ in range(1_000)}) == 1_000
    command_id = fresh_command_id(ORIGIN)
    assert int(command_id.replace("-", "")[:12], 16) == int(ORIGIN * 1_000)
    assert command_id[14] == "7"
    assert command_id[19] in "89ab"
    assert len({fresh_command_id(ORIGIN) for _ in range(1_000)}) == 1_000


def test_the_system_clock_goes_forward() -> None:
    """The machine's own clock never goes back while we look."""
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert BusinessClock().now() == pytest.approx(clock.wall(), abs=1.0)
