"""Use cases: every function is one step of the trade inside one unit of work."""
