"""Signing in, second factors, passwords, sessions."""
