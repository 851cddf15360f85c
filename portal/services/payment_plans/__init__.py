"""Paying a balance in parts: proposing, agreeing, following, showing."""
