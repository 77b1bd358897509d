"""Releases to an environment what passed its audit."""
