"""The one place where a patient, coverage, encounter and charges come in together, and are read together again."""
