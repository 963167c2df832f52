"""The mistake a user can mend: what is wrong, and the next step. Our own bugs stay tracebacks."""

from __future__ import annotations

USAGE_EXIT_CODE = 2


class ConfigError(Exception):
    """A mistake of the user or of the machine, told in two lines: what, and the next step."""

    exit_code = USAGE_EXIT_CODE

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n  {self.hint}" if self.hint else self.what


class UnavailableError(Exception):
    """A part that the service depends on does not answer now: a server, a model; asking again later may help."""
