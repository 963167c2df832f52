"""AccessLog: what production was asked, read as a stream in order of time; plain or gzip, however large."""

from __future__ import annotations

import csv
import gzip
import heapq
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO

from scenarios.errors import HarnessError
from scenarios.log_line import LineError, Recorded, combined, of_json, of_row

SLACK_S = 10.0
"""How far lines may be out of order: servers write a line when a request ends, and slow ones end late."""

EXAMPLES = 3  # malformed lines that are named
_MAX_LINE = 1 << 20  # characters; what is longer is no line of a log


class LogFormat(StrEnum):
    """How a line is written; Apache's common format reads as combined, which has two fields more."""

    COMBINED = "combined"
    JSON = "json"
    CSV = "csv"


DEFAULT_FIELDS = {"time": "time", "method": "method", "path": "path", "status": "status", "duration": "", "body": ""}
"""Where JSON and CSV lines keep what is needed; an empty name means that the log does not have it. `duration` is how
long a request took, in seconds: a line carries the time of its end, and the request is due when it began."""


@dataclass(frozen=True, slots=True)
class AccessLog:
    """A log file, how to read it, and which of its requests count.

    `statuses` are such as `2xx` or `404`; none means all of them, as with methods. `match` must be found in the
    `METHOD path` of a request.
    """

    file: Path
    format: LogFormat = LogFormat.COMBINED
    fields: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_FIELDS))
    methods: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    match: str = ""


@dataclass(slots=True)
class LogNotes:
    """What was met while reading: how many lines, and why some did not count."""

    lines: int = 0
    malformed: int = 0
    out_of_order: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def count_malformed(self, why: str) -> None:
        """Count a line that could not be read, and remember where the first ones are."""
        self.malformed += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"line {self.lines}: {why}")

    def sentences(self) -> tuple[str, ...]:
        """Return what a user should know, in words; none when every line counted."""
        said = []
        if self.malformed:
            said.append(f"{self.malformed} of {self.lines} lines are malformed ({'; '.join(self.examples)})")
        said += [f"{count} left out for {why}" for why, count in self.left_out.most_common()]
        if self.out_of_order:
            said.append(f"{self.out_of_order} left out for being more than {SLACK_S:g} s out of order")
        return tuple(said)


def read_log(log: AccessLog, notes: LogNotes) -> Iterator[Recorded]:
    """Yield the requests of a log in order of time, some seconds of it in memory at a time.

    Raises:
        HarnessError: when the file cannot be read, or holds no request that counts.
    """
    waiting: list[Recorded] = []
    newest_s = given_s = float("-inf")
    for record in _counted(log, notes):
        if record.at_s < given_s:
            notes.out_of_order += 1
            continue
        heapq.heappush(waiting, record)
        newest_s = max(newest_s, record.at_s)
        while waiting[0].at_s < newest_s - SLACK_S:
            following = heapq.heappop(waiting)
            given_s = following.at_s
            yield following
    if newest_s == float("-inf"):
        raise _empty(log, notes)
    while waiting:
        yield heapq.heappop(waiting)


def _empty(log: AccessLog, notes: LogNotes) -> HarnessError:
    if notes.malformed and notes.malformed == notes.lines:
        what = f"none of its {notes.lines} lines can be read as {log.format.value} ({'; '.join(notes.examples)})"
        hint = "give its format: combined, json or csv, and for the last two the names of its fields"
        return HarnessError(f"{log.file}: {what}", hint=hint)
    why = "; ".join(notes.sentences()) or "it is empty"
    return HarnessError(f"{log.file} has no request that counts: {why}", hint="widen methods or statuses")


def _counted(log: AccessLog, notes: LogNotes) -> Iterator[Recorded]:
    match = re.compile(log.match) if log.match else None
    try:
        with _opened(log.file) as lines:
            for record in _records(log, lines, notes):
                why = _why_not(record, log, match)
                if why:
                    notes.left_out[why] += 1
                else:
                    yield record
    except (OSError, EOFError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = "give a text file, plain or gzip, that this user may read"
        raise HarnessError(f"{log.file} cannot be read: {reason}", hint=hint) from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if zipped else path.open("rb") as raw:
        yield io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline="\n")


def _records(log: AccessLog, lines: Iterable[str], notes: LogNotes) -> Iterator[Recorded]:
    """Yield what can be read, and count what cannot."""
    rows: Iterable[str | dict[str | None, str]] = csv.DictReader(lines) if log.format is LogFormat.CSV else lines
    notes.lines += log.format is LogFormat.CSV  # its heading
    for row in rows:
        notes.lines += 1
        try:
            yield _read(log, row)
        except LineError as error:
            notes.count_malformed(str(error))


def _read(log: AccessLog, row: str | dict[str | None, str]) -> Recorded:
    if isinstance(row, dict):
        return of_row({name: value for name, value in row.items() if name is not None}, log.fields)
    line = row[:_MAX_LINE].rstrip("\r\n")
    return combined(line) if log.format is LogFormat.COMBINED else of_json(line, log.fields)


def _why_not(record: Recorded, log: AccessLog, match: re.Pattern[str] | None) -> str:
    if log.methods and record.method not in log.methods:
        return f"method {record.method}"
    status = str(record.status)
    if log.statuses and status not in log.statuses and f"{status[0]}xx" not in log.statuses:
        return f"status {status}"
    if match is not None and not match.search(f"{record.method} {record.path}"):
        return "not matching"
    return ""
