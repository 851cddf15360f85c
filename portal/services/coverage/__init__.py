"""Coverage: asking payers whether it stands, taking in what they say, and showing it."""
