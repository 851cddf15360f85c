"""Contacts with payers and agencies: keeping and correcting them, letters, what comes next, and the payer's page."""
