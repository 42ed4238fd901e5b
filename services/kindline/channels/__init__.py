"""Turns a channel's noise into facts, and carries the decisions back to the customers."""
