"""Shows people what an environment holds."""
