"""Loads every source system into the append-only raw log."""
