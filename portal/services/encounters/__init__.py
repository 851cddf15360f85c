"""Visits from the file to released codes: importing, coding, and the second look at the codes."""
