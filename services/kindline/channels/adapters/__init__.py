"""The edges of channels: everything that speaks to the world outside the rules."""
