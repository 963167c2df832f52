"""Reconciliation: `python -m tests.end_to_end.reconciliation` runs a master and three workers, and adds everything up.

Each process is real, each worker in a network namespace of its own where rights allow. What is printed is the table of
the run's own report: what the workers planned, sent and had answered, and what the target itself counted.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from reports.assembling import report_of
from reports.report import Report
from tests.end_to_end.cluster import WORKERS, Cluster
from tests.end_to_end.network import Loopback, network

SCENARIO = """
name: reconciliation
baseline: 100/s
seed: 21
target: {timeout: 2s, connections: 30}
workload: {queries: {distinct: 500}}
stages:
  - {name: 1x, multiplier: 1, duration: 10s}
  - {name: 2x, multiplier: 2, duration: 10s}
objectives: [{indicator: errors, criteria: [rate<1%]}]
"""


def printed(report: Report) -> str:
    """Return the table of the workers as Markdown, with what was agreed about the start above it."""
    (table,) = [its for its in report.tables if its.title == "Workers"]
    rows = [table.columns, tuple("---:" for _ in table.columns), *table.rows]
    together = next(its.sentence for its in report.findings.validity.checks if its.name == "common start")
    return "\n".join([together, "", *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    """Run once, and print."""
    with tempfile.TemporaryDirectory(prefix="tenfold-") as folder, network(WORKERS) as net:
        where = "as processes of one machine" if isinstance(net, Loopback) else "each in a network namespace of its own"
        cluster = Cluster(Path(folder), net)
        try:
            cluster.complete()
            cluster.begin(SCENARIO)
            report = report_of(cluster.finished())
        finally:
            cluster.stop()
    sys.stdout.write(f"a master and {WORKERS} workers, {where}; {printed(report)}\n")


if __name__ == "__main__":
    main()
