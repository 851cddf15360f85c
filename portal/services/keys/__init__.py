"""Keys of tenants and subjects: made, shown, rotated, wrapped anew, renewed and shredded (SECURITY 2.2, 2.5, 2.7)."""
