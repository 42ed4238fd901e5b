"""The edges of queues: everything that speaks to the world outside the rules."""
