"""Contracts with payers: their days kept and shown, and the limits that follow for claims and denials."""
