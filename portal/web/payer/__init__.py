"""What a payer's people see: claims and remittances of their own members."""
