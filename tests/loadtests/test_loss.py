"""What becomes of a lost generator's share."""

from __future__ import annotations

import pytest

from loadtests.loss import OnLoss, check_policy
from scenarios.errors import HarnessError
from scenarios.reading import parse_scenario

STAGES = "stages: [{name: a, multiplier: 1, duration: 1s}]\n"


def test_closed_users_are_not_taken_over():
    """What a user did, and would do next, is lost with the generator: asked to redistribute, the run is refused."""
    closed = parse_scenario("name: a\nclosed: {users: 3}\n" + STAGES, "a.yaml")
    with pytest.raises(HarnessError, match="closed users cannot be taken over") as caught:
        check_policy(OnLoss.REDISTRIBUTE, closed)
    assert "--on-worker-loss" in caught.value.hint
    check_policy(OnLoss.INVALID, closed)
    check_policy(OnLoss.REDISTRIBUTE, parse_scenario("name: a\nbaseline: 1/s\n" + STAGES, "a.yaml"))
