"""The Python client for agent front ends: sign in, follow one stream of events, send commands."""
