"""Documents that came in: taken in, drawn, looked at, and what they belong to."""
