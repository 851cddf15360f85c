"""The X12 transactions, read and written."""
