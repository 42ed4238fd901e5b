"""Why an interaction went where it went: its history in sentences, and each choice of an agent asked again.

Everything in here is pure: `kindline explain` feeds it the batches that count, and prints what it says.
"""
