"""Asking payers in advance: rules, requests, answers by file and by hand, and the pages about them."""
