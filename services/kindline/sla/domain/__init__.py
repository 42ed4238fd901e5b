"""The pure rules of sla: no clock, no IO, no randomness."""
