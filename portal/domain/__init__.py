"""What is true in the trade, with no database and no web."""
