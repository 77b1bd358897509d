"""Where an environment is kept: its log, its landing zone and its releases."""
