"""Measuring: one command a figure, ratios taken in one run (`python -m bench.NAME`)."""
