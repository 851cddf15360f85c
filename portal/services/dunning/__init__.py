"""Following up on bills: steps by day, notices, calls, promises, and what goes to a collector."""
