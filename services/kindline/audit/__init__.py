"""An independent reader of the whole ledger that proves the invariants or names what broke them."""
