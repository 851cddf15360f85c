"""Tables: what is stored, under which reach, and in which class each column is."""
