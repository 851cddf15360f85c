"""Checks by sample: which visits a colleague looks at again, what that found, the rules, and the figures."""
