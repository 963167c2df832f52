"""Unreadable: a file that cannot be read, and why: a fault of the file, not of the service."""

from __future__ import annotations


class UnreadableError(Exception):
    """A file that cannot become documents; `code` is one of `problem_types`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
