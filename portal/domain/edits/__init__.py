"""Claim edits: ordered rules that find what a payer would reject, each with what to do."""
