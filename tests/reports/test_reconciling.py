"""What the workers sent and what the target counted, side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.share import Share
from reports.findings import Findings
from reports.reconciling import reconciliation

ROWS = [
    {"planned": 10, "outcomes": {"ok": 7, "http_503": 1, "unsent": 2}},
    {"planned": 5, "outcomes": {"ok": 3, "timeout": 1, "check:found": 1}},
]


def counted(worker: int) -> Share:
    share = Share(worker)
    for row in ROWS:
        share.count(row)
    return share


def with_workers(findings: Findings, workers: int, counts: int | None, shares: tuple[Share, ...]) -> Findings:
    trial = findings.run.trials[0]
    record = replace(trial.record, workers=workers, requests_counted=counts)
    return replace(findings, run=replace(findings.run, trials=(replace(trial, record=record, shares=shares),)))


def test_a_share_is_counted_from_its_seconds():
    """Unsent was not sent; a timeout has no reply; a reply that is not as asked is one all the same."""
    its = counted(0)
    assert (its.planned, its.sent, its.answered, its.well) == (15, 13, 12, 10)


@pytest.mark.parametrize(("counts", "said"), [(25, ("25", "1")), (None, ("not known", ""))])
def test_the_sum_stands_beside_what_the_target_counted(findings_before_after, counts, said):
    """One line for each worker, and one of all."""
    its = with_workers(findings_before_after, 2, counts, (counted(0), counted(1)))
    assert reconciliation(its).rows == (
        ("1", "0", "15", "13", "12", "10", "", ""),
        ("1", "1", "15", "13", "12", "10", "", ""),
        ("1", "all", "30", "26", "24", "20", *said),
    )


def test_one_process_or_an_older_folder_has_no_such_table(findings_before_after):
    """One process has nothing to be added up, and a folder without workers' names cannot tell."""
    assert reconciliation(with_workers(findings_before_after, 1, 25, (counted(0),))).rows == ()
    assert reconciliation(with_workers(findings_before_after, 3, 25, ())).rows == ()
