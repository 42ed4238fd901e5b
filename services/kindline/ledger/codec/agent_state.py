"""An agent as both gRPC edges show them to a front end.

Promises front ends that presence and routing say the same of one agent in the same words.
"""

from kindline.language.agent_view import AgentView
from kindline.v1 import agent_pb2, decision_pb2, presence_pb2


def state_message(view: AgentView) -> presence_pb2.PresenceState:
    """The agent as the wire shows them."""
    return presence_pb2.PresenceState(
        status=agent_pb2.AgentStatus.ValueType(view.status),
        reason_code=view.reason_code,
        next_status=agent_pb2.AgentStatus.ValueType(view.next_status),
        routing_state=decision_pb2.RoutingState.ValueType(view.routing_state),
        reason=decision_pb2.RoutingStateReason.ValueType(view.reason),
        lease=decision_pb2.Lease.ValueType(view.lease),
    )
