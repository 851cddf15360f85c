"""Charges: entered into the account by a clerk, audited by another person, and cleared for the claim."""
