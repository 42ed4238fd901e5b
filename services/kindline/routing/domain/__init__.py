"""The pure rules of routing: no clock, no IO, no randomness."""
