"""Patients' accounts as the office reads them: finding one, all of it on a page, changing the registration."""
