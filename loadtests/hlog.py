"""Hlog: a run's seconds as an HdrHistogram log, and such a log read back, tag by tag.

One line for each second and operation that was answered: tag, start, length, largest value in milliseconds, histogram
in nanoseconds. Failed requests have lines of their own under `<tag>|failed`, so that nobody takes them for fast ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from loadtests.hdr import decode, encode
from loadtests.histogram import Histogram
from loadtests.run import Run, Trial
from scenarios.errors import HarnessError

HEAD = (
    "#[Histogram log format version 1.3]\n"
    "#[StartTime: {start:.3f} (seconds since epoch)]\n"
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'
)
FAILED = "|failed"


def export(run: Run, path: Path, timing: str) -> int:
    """Write one of the three latencies of every trial, and return the number of lines.

    Raises:
        HarnessError: when the run holds no second, or the file cannot be written.
    """
    lines = [line for trial in run.trials for line in _lines(trial, timing)]
    if not lines:
        raise HarnessError(f"{run.folder} holds no measured second", hint="give a run that has been measured")
    starts = [its.record.started_unix for its in run.trials if its.record.started_unix is not None]
    try:
        path.write_text(HEAD.format(start=min(starts, default=0.0)) + "".join(lines), encoding="ascii")
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}", hint="give another file") from error
    return len(lines)


def read(path: Path) -> dict[str, Histogram]:
    """Return the histograms of a log, all intervals of a tag merged; what has no tag is under an empty one.

    Raises:
        HarnessError: when the file cannot be read, naming the line that is no interval.
    """
    found: dict[str, Histogram] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path} cannot be read: {error}", hint="give an HdrHistogram log (.hlog)") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith(("#", '"')):
            continue
        tag, _, rest = line.partition(",") if line.startswith("Tag=") else ("", "", line)
        try:
            _, _, _, histogram = rest.split(",")
            found.setdefault(tag.removeprefix("Tag="), Histogram()).merge(decode(histogram.strip()))
        except ValueError as error:
            raise HarnessError(
                f"{path}, line {number}: not an interval of a histogram log: {error}",
                hint="V2 compressed histograms are read, as HdrHistogram's log writer makes them",
            ) from error
    return found


def _lines(trial: Trial, timing: str) -> Iterator[str]:
    started_s = trial.record.started_unix or 0.0
    for second in trial.timeline.seconds:
        tag = _tag((trial.record.variant, str(trial.record.index), second.stage, second.operation))
        for suffix, side in (("", second.ok), (FAILED, second.failed)):
            histogram = side.get(timing)
            if histogram is not None and histogram.total:
                largest_ms = histogram.largest_s * 1e3
                start = f"{started_s + second.t:.3f},1.000,{largest_ms:.3f}"
                yield f"Tag={tag}{suffix},{start},{encode(histogram)}\n"


def _tag(words: Iterable[str]) -> str:
    """Join words into a tag, which holds neither commas, nor spaces, nor line ends."""
    return (
        "|".join("".join("_" if its in ", \t\r\n|" else its for its in word) for word in words)
        .encode("ascii", "replace")
        .decode("ascii")
    )
