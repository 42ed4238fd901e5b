"""Plans that come with Kindline, as data."""
