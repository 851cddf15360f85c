"""The professional claim, 837P (005010X222A1), read and written."""
