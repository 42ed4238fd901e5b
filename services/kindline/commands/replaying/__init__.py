"""The engine on a virtual clock: people who call and people who serve, played as fast as the engine decides.

Everything in here is pure: no clock, no IO, no lots. `kindline replay` feeds it a log, the theory tests feed it lots of
their own, and both get the very decisions that a shard would have made.
"""
