"""Keeps the floor as it stands, each queue and each agent, for displays only."""
