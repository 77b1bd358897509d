"""Tests of the site for everybody."""
