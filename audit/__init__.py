"""What happened: an append-only log that proves its own history."""
