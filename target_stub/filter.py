"""Filter: which documents a search may find, by package and kind."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.document import Document


@dataclass(frozen=True, slots=True)
class Filter:
    """Documents of any of these packages, and of any of these kinds; an empty set lets all pass."""

    packages: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.packages or self.kinds)

    def matches(self, document: Document) -> bool:
        """Return whether a search with this filter may find the document."""
        return (not self.packages or document.package in self.packages) and (
            not self.kinds or document.kind in self.kinds
        )
