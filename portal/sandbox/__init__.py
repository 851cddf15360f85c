"""The outside world in small: a practice's visits, a clearinghouse, a payer and a card processor."""
