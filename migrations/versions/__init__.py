"""The migrations by number."""
