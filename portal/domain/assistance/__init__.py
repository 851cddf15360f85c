"""Help with bills: financial assistance by household and income, and discounts that a practice grants by rule."""
