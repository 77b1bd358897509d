"""Loads people, organisation, movements and leave from Frappe HR."""
