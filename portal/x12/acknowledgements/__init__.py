"""TA1, 999 and 277CA, read, written and put into words: the answers to what was sent, before any payment."""
