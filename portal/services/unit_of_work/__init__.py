"""Everything that is done is one unit of work: one actor, one permission, one transaction, one audit trail."""
