"""Help with bills: applications, decisions and what follows in the books, and discounts by rule."""
