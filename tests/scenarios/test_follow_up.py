"""What follows a reply: the next step of a session, the next request of a closed user; drawn, and still repeatable."""

from __future__ import annotations

import math
from itertools import islice, pairwise

import numpy as np
import pytest
from scipy import stats

from scenarios.arrivals import ArrivalLaw, plan
from scenarios.closed import ClosedUsers
from scenarios.follow_up import FollowUps
from scenarios.stage import Stage, windows
from scenarios.think_time import ThinkLaw, ThinkTime
from scenarios.workload import Callers, Operation, QuerySkew, Session, Step, Workload

OPERATIONS = (Operation("search", 3.0), Operation("open", 0.0), Operation("refine", 0.0))
PAUSE = ThinkTime(ThinkLaw.CONSTANT, 2.0)
RESEARCH = Session("research", 1.0, (Step(0), Step(1, PAUSE), Step(2, ThinkTime(ThinkLaw.EXPONENTIAL, 1.0))))
WORKLOAD = Workload(OPERATIONS, QuerySkew(100, 1.0), (RESEARCH,))
WINDOWS = windows((Stage("1x", 1, 50.0, 20.0), Stage("2x", 2, 100.0, 20.0)))


def sessions():
    return [its for its in plan(WINDOWS, ArrivalLaw.POISSON, WORKLOAD, 7) if its.session == 0]


def test_sessions_arrive_in_the_open_loop():
    """One arrival in four begins a session (weights 3 and 1), with the operation of its first step."""
    arrivals = list(plan(WINDOWS, ArrivalLaw.POISSON, WORKLOAD, 7))
    share = len(sessions()) / len(arrivals)
    assert abs(share - 0.25) < 4 * math.sqrt(0.25 * 0.75 / len(arrivals))
    assert {(its.operation, its.step) for its in arrivals} == {(0, 0)}


def test_a_step_follows_the_reply_after_its_pause_with_what_the_reply_gave():
    """Two seconds after the first reply the document is opened; what was taken from replies is kept for later steps."""
    first = sessions()[0]
    follow = FollowUps(WORKLOAD, WINDOWS, 7)
    second, ended = follow.after(first, first.due_s + 0.3, "ok", good=True, values={"id": "d1"})
    assert ended is None
    assert second is not None
    assert (second.operation, second.step, second.due_s) == (1, 1, pytest.approx(first.due_s + 2.3))
    assert (second.index, second.query_rank) == (first.index, first.query_rank)
    third, _ = follow.after(second, second.due_s + 0.2, "ok", good=True, values={"title": "T"})
    assert third is not None
    assert third.visit is not None
    assert third.visit.values == {"id": "d1", "title": "T"}
    nothing, ended = follow.after(third, third.due_s + 0.1, "ok", good=True, values={})
    assert nothing is None
    assert ended is not None
    assert (ended.session, ended.stage, ended.outcome, ended.began_s) == (0, "1x", "ok", first.due_s)
    assert ended.ended_s == pytest.approx(third.due_s + 0.1)
    assert ended.waited_s == pytest.approx(0.3 + 0.2 + 0.1)


def test_a_step_that_fails_ends_its_session():
    """Its outcome is the session's."""
    first = sessions()[0]
    nothing, ended = FollowUps(WORKLOAD, WINDOWS, 7).after(first, first.due_s + 1, "http_503", good=False, values={})
    assert nothing is None
    assert ended is not None
    assert ended.outcome == "http_503"


def test_what_would_come_after_the_plan_does_not_come():
    """A session that the plan's end cuts off is neither good nor failed."""
    last = sessions()[-1]._replace(due_s=39.0)
    assert FollowUps(WORKLOAD, WINDOWS, 7).after(last, 39.5, "ok", good=True, values={}) == (None, None)


def test_a_step_belongs_to_the_stage_in_which_it_is_due():
    """A session that arrived at the end of 1x opens its document in 2x."""
    first = sessions()[0]._replace(due_s=19.5)
    second, _ = FollowUps(WORKLOAD, WINDOWS, 7).after(first, 19.6, "ok", good=True, values={})
    assert second is not None
    assert second.stage == "2x"


def test_a_request_of_its_own_is_followed_by_nothing():
    """In an open load, a reply brings no other request."""
    single = next(its for its in plan(WINDOWS, ArrivalLaw.POISSON, WORKLOAD, 7) if its.session < 0)
    assert FollowUps(WORKLOAD, WINDOWS, 7).after(single, 1.0, "ok", good=True, values={}) == (None, None)


# --- closed users -------------------------------------------------------------------------------------------------

CLOSED = windows(
    (
        Stage("few", 1, 5.0, 30.0, users=5),
        Stage("many", 4, 20.0, 30.0, users=20),
        Stage("few again", 1, 5.0, 30.0, users=5),
    )
)
ALONE = Workload(
    (Operation("a", 3.0), Operation("b", 1.0)), QuerySkew(50, 1.0), callers=Callers(priorities={"h": 1, "l": 3})
)

A_SECOND = ThinkTime(ThinkLaw.EXPONENTIAL, 1.0)


def simulated(service_s, think=A_SECOND, workload=ALONE, seed=3, worker=0, workers=1):
    """Run closed users against a service that takes a fixed time for everything."""
    follow = FollowUps(workload, CLOSED, seed, ClosedUsers(5, think))
    pending, done = list(islice(follow.first(), worker, None, workers)), []
    while pending:
        pending.sort(key=lambda its: its.due_s)
        arrival = pending.pop(0)
        done.append(arrival)
        following, _ = follow.after(arrival, arrival.due_s + service_s, "ok", good=True, values={})
        if following is not None:
            pending.append(following)
    return done


def test_closed_users_ask_think_and_ask_again():
    """Each user's next request is due after the reply and a pause of mean 1 s (Kolmogorov-Smirnov), never before."""
    done = simulated(0.5)
    gaps = []
    for user in range(5):
        own = [its.due_s for its in done if its.user == user]
        gaps += [b - a - 0.5 for a, b in pairwise(own)]
    assert min(gaps) >= 0
    assert stats.kstest(gaps, "expon").pvalue > 0.01


def test_the_rate_of_closed_users_is_theirs_over_pause_and_reply():
    """N / (Z + R), the interactive response time law: 20 users, 1 s and 0.5 s make 13.3/s; a slow one is asked less."""
    for service_s in (0.5, 3.0):
        count = sum(its.stage == "many" for its in simulated(service_s))
        wanted = 30 * 20 / (1 + service_s)
        assert abs(count - wanted) < 5 * math.sqrt(wanted)


def test_a_stage_has_its_own_number_of_users():
    """Users above the number of a stage wait for a stage that wants them, and stop when none does."""
    done = simulated(0.2)
    users = {stage: {its.user for its in done if its.stage == stage} for stage in ("few", "many", "few again")}
    assert users["few"] == users["few again"] == set(range(5))
    assert users["many"] == set(range(20))
    assert max(its.due_s for its in done) < 90


def test_workers_share_the_closed_users():
    """Worker k has every n-th user; together they are all of them, and do what they would do alone."""
    whole = simulated(0.2)
    parts = [simulated(0.2, worker=worker, workers=3) for worker in range(3)]
    assert sorted(its for part in parts for its in part) == sorted(whole)
    assert sorted(user for part in parts for user in {its.user for its in part}) == list(range(20))


def test_closed_users_draw_operations_and_queries_as_any_load_does():
    """Weights 3 to 1, Zipf's law and priorities hold; every index is used once."""
    done = simulated(0.0, ThinkTime(ThinkLaw.CONSTANT, 0.01))
    assert len({its.index for its in done}) == len(done)
    assert abs(np.mean([its.operation == 0 for its in done]) - 0.75) < 4 * math.sqrt(0.19 / len(done))
    assert abs(np.mean([its.priority == 0 for its in done]) - 0.25) < 4 * math.sqrt(0.19 / len(done))
    harmonic = sum(1 / n for n in range(1, 51))
    assert abs(np.mean([its.query_rank == 0 for its in done]) - 1 / harmonic) < 4 * math.sqrt(0.17 / len(done))


@pytest.mark.parametrize(
    ("think", "law"),
    [
        (ThinkTime(ThinkLaw.CONSTANT, 2.0), stats.norm(2.0, 1e-12)),
        (ThinkTime(ThinkLaw.EXPONENTIAL, 2.0), stats.expon(scale=2.0)),
        (ThinkTime(ThinkLaw.UNIFORM, 1.0, 4.0), stats.uniform(1.0, 3.0)),
        (ThinkTime(ThinkLaw.LOGNORMAL, 2.0, 8.0), stats.lognorm(math.log(4) / stats.norm.ppf(0.95), scale=2.0)),
    ],
)
def test_pauses_have_the_law_they_are_named_after(think, law):
    """Quantiles and mean agree with scipy's; of the lognormal the median and the 95th percentile are as given."""
    for share in (0.01, 0.3, 0.5, 0.95, 0.999):
        assert think.quantile(share) == pytest.approx(law.ppf(share))
    assert think.mean_s == pytest.approx(law.mean())
