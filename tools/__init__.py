"""What work on Muster needs and running it does not: pages, lint, a comment."""
