"""The pure rules of presence: no clock, no IO, no randomness."""
