"""Strangers' HR exports: looked at, a mapping proposed, and checked before loading."""
