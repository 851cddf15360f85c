"""What an officer reviews: who saw what."""
