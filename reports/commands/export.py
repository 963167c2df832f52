"""`tenfold export` and `tenfold read-hlog`: a run's latencies for other tools, and theirs read here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

EXPORT = "write a run's latencies as an HdrHistogram log, which other tools read"
READ = "read an HdrHistogram log and print its percentiles, tag by tag"
SHARES = (0.5, 0.9, 0.95, 0.99, 0.999)


def add(commands: Any) -> None:
    """Add both parsers to those of the front door."""
    export = commands.add_parser("export", help=EXPORT, description=EXPORT)
    export.set_defaults(call=run_export)
    export.add_argument("run", help="a run folder, such as runs/latest")
    export.add_argument("--hlog", type=Path, required=True, metavar="FILE", help="the file to write")
    export.add_argument(
        "--timing",
        choices=("latency", "service_time", "ttfb"),
        default="latency",
        help="which latency: from the due instant, from the send, or to the first byte (default: latency)",
    )
    read = commands.add_parser("read-hlog", help=READ, description=READ)
    read.set_defaults(call=run_read)
    read.add_argument("file", type=Path, help="an HdrHistogram log; values in nanoseconds")


def run_export(given: argparse.Namespace) -> int:
    """Write the log and say where it is."""
    from rich.console import Console

    from loadtests import hlog
    from loadtests.run import read_run

    lines = hlog.export(read_run(Path(given.run)), given.hlog, given.timing)
    console = Console()
    console.print(f"written: {given.hlog}, {lines} intervals of one second, nanoseconds", highlight=False, markup=False)
    console.print(f"read it back with: tenfold read-hlog {given.hlog}", highlight=False, markup=False)
    return 0


def run_read(given: argparse.Namespace) -> int:
    """Print a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from loadtests import hlog
    from reports import units

    table = Table(box=None, pad_edge=False)
    table.add_column("tag")
    for name in ("count", *(f"p{share * 100:g}" for share in SHARES), "largest"):
        table.add_column(name, justify="right")
    for tag, histogram in hlog.read(given.file).items():
        values = [units.duration(histogram.quantile(share)) for share in SHARES]
        largest = units.duration(histogram.largest_s)
        table.add_row(Text(tag or "(no tag)"), f"{histogram.total:,}", *values, largest)
    Console().print(table)
    return 0
