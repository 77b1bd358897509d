"""Errors for the person who must act: one clear line, with what to do about it."""


class IngestionError(Exception):
    """Something failed; the message is one line: what, where and what to do."""

    exit_code = 1


class ConfigurationError(IngestionError):
    """A setting is missing or wrong."""

    exit_code = 2


class NotConfiguredError(ConfigurationError):
    """A source lacks the settings it needs.

    The runner skips such a source with a line when no source was named, and stops with
    exit code 2 when it was.
    """
