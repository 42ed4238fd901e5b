"""The edges of presence: everything that speaks to the world outside the rules."""
