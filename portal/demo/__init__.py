"""The demonstration: an invented practice lives three months through the real services, then is served."""
