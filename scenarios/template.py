"""Template: a text with placeholders, `${name}`, taken apart once so that filling it in is only joining."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_ENVIRONMENT = "env:"

Quote = Callable[[str], str]
"""Makes a value safe for the place it goes to: a URL, a JSON string, a header."""


class Template:
    """Fixed pieces and names in turn. Of secrets, `${env:NAME}`, the values are put in at once, as they are."""

    def __init__(self, text: str, environ: Mapping[str, str]) -> None:
        pieces = _PLACEHOLDER.split(text)
        fixed, names = [pieces[0]], []
        for name, following in zip(pieces[1::2], pieces[2::2], strict=True):
            if name.startswith(_ENVIRONMENT):
                fixed[-1] += environ[name.removeprefix(_ENVIRONMENT)] + following
            else:
                names.append(name)
                fixed.append(following)
        self._fixed, self.names = tuple(fixed), tuple(names)

    def fill(self, values: Mapping[str, str], quote: Quote) -> str:
        """Return the text with its values.

        Raises:
            KeyError: with the name of a placeholder that has no value.
        """
        text = self._fixed[0]
        for name, fixed in zip(self.names, self._fixed[1:], strict=True):
            text += quote(values[name]) + fixed
        return text


def names_in(text: str) -> tuple[str, ...]:
    """Return the placeholders of a text, secrets aside."""
    return tuple(name for name in _PLACEHOLDER.findall(text) if not name.startswith(_ENVIRONMENT))
