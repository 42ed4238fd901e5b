"""Kindline: the contact-centre core that is kind to the people on the line."""
