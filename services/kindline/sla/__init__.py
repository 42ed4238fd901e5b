"""Keeps every promise's clock and says when it is warned, met or breached."""
