"""The edges of sla: everything that speaks to the world outside the rules."""
