"""What can go wrong with the local broker, in words that say what to do; raised to commands and tests."""


class LocalKafkaError(Exception):
    """The local Kafka could not be fetched, started or kept running; the message says why and what to do."""
