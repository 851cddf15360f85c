"""Texts, money and dates in the words of a locale."""
