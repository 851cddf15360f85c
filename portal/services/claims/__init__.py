"""Claims: drafted from cleared visits, checked, sent, answered, and shown."""
