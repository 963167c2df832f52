"""Page: the findings as Markdown, the same for the same corpus and models: no dates, no names of machines."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from target_stub.quality.finding import ALONE, ModeFinding, SetFinding
from target_stub.quality.interval import RESAMPLES, Interval

INTRODUCTION = """\
# How well each mode finds

Written by `{command}`; edit the command, not this page.

A known item is a document that is known to be there: a query is taken out of it, and the service, whole and in memory,
is asked for it through its own search, with the exact index and without a cache. MRR@10 is the mean of 1/rank, 0 below
the tenth place; recall@10 the share of documents among the ten. In brackets are 95 % bootstrap intervals over queries
({resamples:,} resamples). "Above" is the difference in MRR@10 query by query, in bold where the whole interval is
above 0.

Corpus: `{corpus}` of Python {python}. Other versions have other docstrings, and MiniLM's 8-bit arithmetic differs a
little between kinds of processor, so the third digit is not to be leaned on.

What is asked for is not in what is searched. Set A takes the summary out of title and text, and asks nothing of
documents that repeat it; the document's name stays, and often has a word of it. Set D takes the call out of the text
and puts numbers in place of the dotted names; some words of it are in the docstring all the same, as in life.
"""
READING = """
Reciprocal ranks count a weak ranking as much as a strong one; score fusion does not. Reranking orders the best 50 of
the static fusion again: it costs one MiniLM embedding a query, and needs MiniLM's vectors of the documents but no
index of them. The switches are `mode`, `fusion`, `fusion_weight` and `rerank`, which the profile `relevant` sets; see
[service.md](service.md#words-vectors-and-both).
"""


def markdown(findings: Sequence[SetFinding], *, corpus: str, command: str, missing: Sequence[str]) -> str:
    """Return the page; `missing` are the modes that could not be measured here."""
    python = platform.python_version()
    parts = [INTRODUCTION.format(command=command, corpus=corpus, python=python, resamples=RESAMPLES)]
    parts += [_section(finding) for finding in findings]
    if missing:
        parts.append(f"\nNot measured, since MiniLM is not installed: {', '.join(missing)}.\n")
    return "".join([*parts, READING])


def _section(finding: SetFinding) -> str:
    compared = [name for name in ALONE if any(name in mode.above for mode in finding.modes)]
    heads = ["mode", "MRR@10", "recall@10", *(f"above {name}" for name in compared)]
    rows = [_row(mode, compared) for mode in finding.modes]
    lines = [_line(heads), "|" + "---|" * len(heads), *map(_line, rows)]
    counts = f"{finding.queries:,} queries over {finding.documents:,} documents (sha256 {finding.sha256[:12]})"
    return f"\n## Set {finding.name}\n\n{counts}: {finding.about}.\n\n" + "\n".join(lines) + "\n"


def _row(mode: ModeFinding, compared: Sequence[str]) -> list[str]:
    return [mode.name, _mean(mode.mrr), _mean(mode.recall), *(_difference(mode.above.get(name)) for name in compared)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _mean(its: Interval) -> str:
    return f"{its.value:.3f} [{its.low:.3f}, {its.high:.3f}]"


def _difference(its: Interval | None) -> str:
    if its is None:
        return ""
    shown = f"{its.value:+.3f} [{its.low:+.3f}, {its.high:+.3f}]"
    return f"**{shown}**" if its.above_zero else shown
