"""Snippet: the stretch of a text that shows best why it was found, with the query's words marked."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from target_stub.words import Words

SNIPPET_CHARS = 240  # two to three lines of a page
SEARCHED_CHARS = 20_000
LEAD_CHARS = 40  # shown before the first marked word, so that it is read in its sentence
ELLIPSIS = "…"
MARK, END_MARK = "<mark>", "</mark>"


@dataclass(frozen=True, slots=True)
class _Match:
    """A word of the query at `start` to `end`, and which words of the query it is."""

    start: int
    end: int
    meant: frozenset[int]


class Snippets:
    """Snippets for one query. All that comes from documents is escaped: only the marks are HTML."""

    def __init__(self, query: str, words: Words) -> None:
        self._words = words
        self._wanted = frozenset(words.asked(query).tolist())

    def marked(self, text: str) -> str:
        """Return the whole text as HTML with the query's words marked."""
        return _html(text, 0, len(text), self._matches(text))

    def best(self, text: str, max_chars: int = SNIPPET_CHARS) -> str:
        """Return the window of the text that has most of the query's words, as HTML; its beginning if it has none."""
        line = " ".join(text[:SEARCHED_CHARS].split())
        matches = self._matches(line)
        start, end = _window(line, matches, max_chars)
        return _html(line, start, end, matches)

    def _matches(self, text: str) -> Sequence[_Match]:
        if not self._wanted:
            return ()
        spellings = self._words.spellings(text, self._wanted)
        if not spellings:
            return ()
        longest_first = sorted(spellings, key=len, reverse=True)
        pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
        return [_Match(its.start(), its.end(), spellings[its[0]]) for its in pattern.finditer(text)]


def _window(text: str, matches: Sequence[_Match], max_chars: int) -> tuple[int, int]:
    """Return where to cut: at words' ends, around the matches that hold most distinct words, then most words."""
    if len(text) <= max_chars:
        return 0, len(text)
    best, best_first = (0, 0), 0
    inside: Counter[int] = Counter()
    last = 0
    for first, match in enumerate(matches):
        while last < len(matches) and matches[last].end - match.start <= max_chars - LEAD_CHARS:
            inside.update(matches[last].meant)
            last += 1
        value = (sum(1 for count in inside.values() if count), last - first)
        if value > best:
            best, best_first = value, first
        if last > first:
            inside.subtract(match.meant)
        else:  # a single word longer than the window
            last = first + 1
    start = max(0, matches[best_first].start - LEAD_CHARS) if matches else 0
    start = min(start, len(text) - max_chars)
    return _word_start(text, start), _word_end(text, start + max_chars)


def _word_start(text: str, place: int) -> int:
    if place <= 0 or text[place - 1] == " ":
        return max(place, 0)
    blank = text.find(" ", place, place + LEAD_CHARS)
    return place if blank < 0 else blank + 1


def _word_end(text: str, place: int) -> int:
    if place >= len(text) or text[place] == " ":
        return min(place, len(text))
    blank = text.rfind(" ", place - LEAD_CHARS, place)
    return place if blank < 0 else blank


def _html(text: str, start: int, end: int, matches: Sequence[_Match]) -> str:
    starts = [match.start for match in matches]
    shown = matches[bisect_left(starts, start) : bisect_right(starts, end)]
    pieces = [ELLIPSIS] if start > 0 else []
    place = start
    for match in shown:
        if match.end <= end:
            pieces += [escape(text[place : match.start]), MARK, escape(text[match.start : match.end]), END_MARK]
            place = match.end
    pieces.append(escape(text[place:end]))
    if end < len(text):
        pieces.append(ELLIPSIS)
    return "".join(pieces)
