"""The only place where an event of the trade becomes ledger entries: pure functions, and the laws of DESIGN 3."""
