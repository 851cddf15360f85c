"""Claims read and written: professional (837P), of facilities (837I) and of dentists (837D)."""
