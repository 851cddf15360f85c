"""A patient's statement: its life, its arithmetic, and what one of them says."""
