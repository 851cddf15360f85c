"""Remittances: 835 files in, matched and posted payment by payment, and what stays for people to match."""
