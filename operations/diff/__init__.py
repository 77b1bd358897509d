"""Compares builds and releases, and builds only what a branch changed."""
