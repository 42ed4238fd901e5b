"""The one exception by which any floor says no to a caller; the gRPC edge turns it into a google.rpc.Status."""


class Refused(Exception):
    """The request is refused for this reason, with more about it for people."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """`reason` is a name of the RefusalReason enum without its prefix."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
