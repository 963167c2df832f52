"""Secret: a reference to an environment variable, `${env:NAME}`; files and run folders hold it, never its value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scenarios.errors import HarnessError

_REFERENCE = re.compile(r"\$\{env:([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def references(text: str) -> Iterator[str]:
    """Yield the names of the variables that a text refers to."""
    yield from _REFERENCE.findall(text)


def unusable(text: str, environ: Mapping[str, str]) -> str:
    """Return what is wrong with the references of a text; empty when every one can be filled in."""
    for name in references(text):
        if not _NAME.fullmatch(name):
            return f"${{env:{name}}} does not name an environment variable"
        if name not in environ:
            return f"the environment variable {name} is not set"
        if "\n" in environ[name] or "\r" in environ[name]:
            return f"the environment variable {name} has a line end in it"
    return ""


def filled(text: str, environ: Mapping[str, str]) -> str:
    """Return a text with the variables' values in it.

    Raises:
        HarnessError: naming the variable that is not set; never a value.
    """
    wrong = unusable(text, environ)
    if wrong:
        raise HarnessError(wrong, hint="export it before the run; scenarios hold secrets by reference only")
    return _REFERENCE.sub(lambda its: environ[its[1]], text)
