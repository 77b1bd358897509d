"""Builds an environment's marts with dbt, and leaves alone what did not change."""
