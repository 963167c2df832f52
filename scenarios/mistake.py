"""Mistake: one thing wrong in a file, with its place; and the error that tells all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.errors import HarnessError


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong, on which line, at which key; `hint` names what is known instead."""

    line: int
    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", {self.where}" if self.where else "")
        return f"{place}: {self.what}" + (f" ({self.hint})" if self.hint else "")


class ScenarioError(HarnessError):
    """Every mistake of one file."""

    def __init__(self, file: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        count = len(self.mistakes)
        listed = "\n".join(f"  {mistake}" for mistake in self.mistakes)
        super().__init__(
            f"{file}: {count} mistake{'s' if count != 1 else ''}\n{listed}",
            hint=f"mend and look again with: tenfold check {file}",
        )


def known(choices: Iterable[str], given: str = "") -> str:
    """Return a hint that names the choices, the closest first when one is close."""
    names = sorted(set(choices))
    close = difflib.get_close_matches(given, names, n=1)
    listed = f"known: {', '.join(names)}" if names else "none are known"
    return f"did you mean {close[0]}? {listed}" if close else listed
