"""What the office works: queues, claims, accounts, imports."""
