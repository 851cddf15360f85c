"""Backups: one folder each with the store, the anchors and a manifest, and never a key (45 CFR 164.308(a)(7))."""
