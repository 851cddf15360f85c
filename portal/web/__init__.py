"""The doors for people: routes, forms and pages, in audiences that share no room."""
