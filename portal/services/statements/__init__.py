"""Statements: built from the ledger, made by runs, printed by jobs, and what patients read of their account."""
