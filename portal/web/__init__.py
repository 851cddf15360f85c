"""The doors for people: routes, forms and pages, in five audiences that share no room."""
