"""Prior authorization: reading and writing the 278 (005010X217), requests and responses."""
