"""Attacks on what is published, and the tables to try them on."""
