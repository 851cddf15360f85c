"""Candor: patients read and pay, staff work the revenue cycle, payers answer, officers see who saw what."""
