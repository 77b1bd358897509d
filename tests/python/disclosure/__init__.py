"""Attacks on publications: the one that was, frozen, and small ones made by hand."""
