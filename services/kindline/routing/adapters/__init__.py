"""The edges of routing: everything that speaks to the world outside the rules."""
