"""The pure rules of queues: no clock, no IO, no randomness."""
