"""Numbered changes of the stores, the same for both engines."""
