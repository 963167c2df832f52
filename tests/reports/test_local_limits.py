"""Requests that the generator's own machine could not send are no verdict on the target."""

from __future__ import annotations

import pytest

from loadtests.manifest import TrialRecord
from loadtests.sample import NO_FILE, NO_PORT, OK, REFUSED
from loadtests.second import Second
from reports.local_limits import local_limits

RECORD = TrialRecord(1, 1, "service", 1)


@pytest.mark.parametrize(("outcome", "advice"), [(NO_PORT, "ip_local_port_range"), (NO_FILE, "ulimit -n")])
def test_a_limit_of_the_machine_makes_the_stage_invalid(outcome, advice):
    """A failed check, which tells how many and what to do."""
    second = Second(0, "1x", "search")
    second.outcomes.update({OK: 90, outcome: 10})
    (check,) = local_limits(RECORD, "1x", second)
    assert not check.holds
    assert "10 requests" in check.sentence
    assert advice in check.sentence


def test_what_the_target_did_is_no_limit_of_the_machine():
    """Refused connections are the target's affair."""
    second = Second(0, "1x", "search")
    second.outcomes.update({OK: 90, REFUSED: 10})
    assert list(local_limits(RECORD, "1x", second)) == []
