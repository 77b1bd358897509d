"""The `muster` command: what people and schedules run."""
