"""gRPC servers: one factory with health, reflection, keepalive, deadlines and typed refusals for every edge.

Promises front ends that each refusal is a google.rpc.Status with an ErrorInfo (reason, domain `kindline`, whether to
try again and what to do), that a call without a deadline is refused at once, and that ten thousand simultaneous
reconnects are served. Callers are told nothing of our own failures but that they happened.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

import grpc
import grpc.aio
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from kindline.runtime.metrics import Metrics
from kindline.runtime.refused import Refused
from kindline.runtime.settings import RpcSettings

log = logging.getLogger(__name__)

OWN_METHODS = "/kindline."
LONGEST_DEADLINE_SECONDS = 30.0
# The wire rounds a timeout up to what its header can say.
DEADLINE_ROUNDING_SECONDS = 0.5
OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.max_send_message_length", 4 * 1024 * 1024),
    # With the defaults a storm of 10,000 reconnects loses a quarter to a half of itself.
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 40_000),
)


class CannotListen(Exception):
    """The address cannot be had; the message names the variable that moves it."""


class RefusalText(Protocol):
    """What is known of a reason: its gRPC code by name, whether to try again, and what to do."""

    @property
    def status(self) -> str:
        """Name of the grpc.StatusCode."""

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""

    @property
    def what_to_do(self) -> str:
        """One sentence for the person who builds the front end."""


class RpcServer:
    """A grpc.aio server on one address."""

    def __init__(self, name: str, settings: RpcSettings, refusals: Mapping[str, RefusalText], metrics: Metrics) -> None:
        """Nothing listens before start()."""
        self.server = grpc.aio.server(interceptors=[HouseRules(refusals, metrics)], options=OPTIONS)
        self.port = 0
        self._name = name
        self._settings = settings
        self._health = health.aio.HealthServicer()
        self._services: tuple[str, ...] = ()

    async def start(self, services: Sequence[str]) -> None:
        """Listen; health says NOT_SERVING for these services until told otherwise. Raises CannotListen."""
        self._services = ("", *services)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self.server)
        reflection.enable_server_reflection((*services, health.SERVICE_NAME, reflection.SERVICE_NAME), self.server)
        await self.tell_health(ready=False)
        address = f"{self._settings.host}:{self._settings.port}"
        try:
            self.port = self.server.add_insecure_port(address)
        except RuntimeError:
            self.port = 0
        if self.port == 0:
            raise CannotListen(
                f"{self._name} cannot listen on {address}: the port is in use or not ours; "
                f"set {self._settings.port_variable} or stop the other process"
            )
        await self.server.start()

    async def tell_health(self, ready: bool) -> None:  # noqa: FBT001 - it is a listener of Health.
        """Say SERVING or NOT_SERVING for the server and each of its services."""
        kind = health_pb2.HealthCheckResponse.ServingStatus
        status = kind.Value("SERVING" if ready else "NOT_SERVING")
        for service in self._services:
            await self._health.set(service, status)

    async def stop(self, grace: float) -> None:
        """Take no new calls, give those under way `grace` seconds, then end them."""
        await self.server.stop(grace)


class HouseRules(grpc.aio.ServerInterceptor):  # type: ignore[misc,unused-ignore]
    """Deadlines, refusals and numbers for every method of our own services."""

    def __init__(self, refusals: Mapping[str, RefusalText], metrics: Metrics) -> None:
        """Declare the numbers."""
        self._refusals = refusals
        self._calls = metrics.counter(
            "rpc_calls_total", "gRPC calls that ended, by method and code.", ("method", "code")
        )
        self._seconds = metrics.histogram("rpc_seconds", "How long a unary gRPC call took.", ("method",))

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401
        """Wrap the handler of one of our methods; health and reflection are left as they are."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(OWN_METHODS):
            return handler
        name = method.rpartition("/")[2]
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(name, handler.unary_unary), handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_stream_rpc_method_handler(
            self._stream(name, handler.unary_stream), handler.request_deserializer, handler.response_serializer
        )

    def _unary(self, name: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        seconds = self._seconds.labels(name)

        async def call(request: Any, context: Any) -> Any:  # noqa: ANN401
            begun = time.perf_counter()
            try:
                _require_deadline(context)
                response = await behaviour(request, context)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a status.
                await self._end(name, context, error)
            finally:
                seconds.observe(time.perf_counter() - begun)
            self._calls.labels(name, "OK").inc()
            return response

        return call

    def _stream(self, name: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        async def call(request: Any, context: Any) -> None:  # noqa: ANN401
            try:
                await behaviour(request, context)
            except Exception as error:  # noqa: BLE001 - as above.
                await self._end(name, context, error)
            self._calls.labels(name, "OK").inc()

        return call

    async def _end(self, name: str, context: Any, error: Exception) -> NoReturn:  # noqa: ANN401
        if isinstance(error, Refused):
            status = rpc_status.to_status(refusal_status(error, self._refusals))
            self._calls.labels(name, status.code.name).inc()
            await context.abort(status.code, status.details, status.trailing_metadata)
        elif not isinstance(error, grpc.aio.AbortError | grpc.aio.BaseError):
            log.error("%s failed", name, exc_info=error)
            self._calls.labels(name, "INTERNAL").inc()
            await context.abort(grpc.StatusCode.INTERNAL, "the server failed on this call; its log says why")
        raise error


def _require_deadline(context: Any) -> None:  # noqa: ANN401
    remaining = context.time_remaining()
    if remaining is None or remaining > LONGEST_DEADLINE_SECONDS + DEADLINE_ROUNDING_SECONDS:
        raise Refused("DEADLINE_MISSING")


def refusal_status(refused: Refused, refusals: Mapping[str, RefusalText]) -> status_pb2.Status:
    """The google.rpc.Status of a refusal: its sentence, and an ErrorInfo that a program can act on."""
    text = refusals[refused.reason]
    information = error_details_pb2.ErrorInfo(
        reason=refused.reason,
        domain="kindline",
        metadata={"retryable": "true" if text.retryable else "false", "what_to_do": text.what_to_do},
    )
    packed = any_pb2.Any()
    packed.Pack(information)
    sentence = f"{refused.reason}: {refused.detail or text.what_to_do}"
    return status_pb2.Status(code=grpc.StatusCode[text.status].value[0], message=sentence, details=[packed])
