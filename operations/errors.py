"""Errors for the person who must act: one clear line, with what to do about it."""


class OperationError(Exception):
    """Something failed; the message is one line: what, where and what to do.

    Args:
        message: The line.
        exit_code: What the command ends with: 1 for a failure, 2 for wrong usage.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
