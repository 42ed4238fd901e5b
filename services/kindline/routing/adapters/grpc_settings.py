"""What routing can be told from outside; every default is usable on one machine."""

from dataclasses import dataclass, field

from kindline.runtime.identities import fresh_id
from kindline.runtime.settings import Environment, ProcessSettings, RpcSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingSettings:
    """Durations are seconds of the system clock."""

    process: ProcessSettings
    rpc: RpcSettings
    member: str = field(default_factory=fresh_id)
    """Name of this process in the log, for people."""
    heartbeat_every: float = 10.0

    @classmethod
    def read(cls, environment: Environment | None = None) -> "RoutingSettings":
        """Read them from the environment. Raises SettingWrong."""
        return cls(process=ProcessSettings.read("routing", environment), rpc=RpcSettings.read("routing", environment))
