"""What a patient sees: bills, payments, visits."""
