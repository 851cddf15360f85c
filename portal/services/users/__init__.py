"""Users: their sign-in, factors, sessions, roles and invitations."""
