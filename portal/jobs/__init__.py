"""The doors for machine work: the worker, its engines and its schedule."""
