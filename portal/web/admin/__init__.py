"""What an administrator sees: people and what they may; nothing protected."""
