"""FHIR resources, read and written."""
