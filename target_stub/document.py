"""Document: one thing that can be found."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ID_CHARS = 300
MAX_TITLE_CHARS = 200  # titles serve as known-item queries, so they must stay well inside the query's own limit
MAX_TEXT_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Document:
    """A text with a name: `id` is stable and unique in its corpus, `title` is one line, `text` is all the rest."""

    id: str
    title: str
    text: str
    package: str
    kind: str

    @property
    def passage(self) -> str:
        """The words that are embedded: the title first, since embedders read only the first tokens."""
        return f"{self.title}\n{self.text}"

    @property
    def label(self) -> tuple[str, str]:
        """What a search is narrowed by: package and kind."""
        return self.package, self.kind


def one_line(text: str, max_chars: int = MAX_TITLE_CHARS) -> str:
    """Return the text with its white space collapsed, cut at a word's end to at most `max_chars` characters."""
    line = " ".join(text.split())
    if len(line) <= max_chars:
        return line
    whole_words, _, _ = line[: max_chars + 1].rpartition(" ")
    return whole_words or line[:max_chars]
