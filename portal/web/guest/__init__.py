"""The doors of whoever pays a bill with its code, without signing in."""
