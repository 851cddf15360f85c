"""What is secret: keys, sealed fields, blind indexes, passwords and factors."""
