"""Asking payers about coverage (270) and reading what they say (271), and the other way round for a payer."""
