"""The words every room shares: pure facts, rules and clocks, in nothing but the standard library."""
