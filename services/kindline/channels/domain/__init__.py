"""The pure rules of channels: no clock, no IO, no randomness."""
