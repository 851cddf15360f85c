"""The outside world: each vendor in exactly one file."""
