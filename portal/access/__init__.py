"""Who may: roles, permissions, reaches, grants, duties, field sets."""
