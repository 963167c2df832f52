"""The open loop over real sockets: everything planned gets an outcome, and every wait counts."""

from __future__ import annotations

import time

import gevent
import pytest
from gevent.server import StreamServer

from loadtests.drivers import load as load_module
from loadtests.drivers import pacer
from loadtests.drivers.lease import Lease
from loadtests.sample import BAD_REPLY, OK, TIMEOUT, UNFINISHED, UNSENT
from loadtests.targets.search import SearchTarget
from scenarios.arrivals import Arrival
from tests.loadtests.drivers.offering import FRESH, GOOD, ITEMS, Offering, scenario_of


@pytest.fixture
def answering():
    """Start servers that answer every request after a delay; they end with the test."""
    servers = []

    def start(delay_s=0.0, reply=GOOD):
        def handle(stream, _):
            while stream.recv(65536):
                gevent.sleep(delay_s)
                stream.sendall(reply)

        servers.append(StreamServer(("127.0.0.1", 0), handle))
        servers[-1].start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.stop()


def test_everything_planned_is_sent_when_it_is_due(answering):
    """Each arrival is handed over at its instant or a little later, never earlier, and gets its outcome."""
    due_s = [n / 500 for n in range(200)]
    offering = Offering(answering())
    whole = offering.run(due_s)
    assert (whole.planned, whole.outcomes) == (200, {OK: 200})
    rows = sorted(offering.rows, key=lambda row: row[1])
    assert [row[1] for row in rows] == due_s
    assert all(sent_s >= due for _, due, _, sent_s, *_ in rows)
    assert all(sent_s < first_s <= finished_s for *_, sent_s, first_s, finished_s, _ in rows)


def test_waits_for_a_connection_count(answering):
    """One connection of 40 ms and four arrivals at once: the last was due long before it was sent."""
    whole = Offering(answering(0.04), scenario_of(connections=1)).run([0.0] * 4)
    assert whole.outcomes == {OK: 4}
    assert whole.ok["latency"].largest_s >= 0.16
    assert whole.ok["service_time"].largest_s < whole.ok["latency"].largest_s
    assert whole.ok["service_time"].smallest_s >= 0.04


def test_patience_ends_for_what_was_sent_and_for_what_waits(answering):
    """A server that never answers: what is sent is a timeout, what waits is unsent, both at their deadline."""
    whole = Offering(answering(30.0), scenario_of(connections=2, timeout="200ms")).run([0.0] * 5)
    assert whole.outcomes == {TIMEOUT: 4, UNSENT: 1} or whole.outcomes == {TIMEOUT: 2, UNSENT: 3}
    latency = whole.failed["latency"]
    assert latency.smallest_s >= 0.2
    assert latency.total == 5


def test_a_run_that_is_cut_short_counts_everything(answering):
    """What is under way is unfinished, what waits is unsent, and what is not due yet was never planned."""
    offering = Offering(answering(30.0), scenario_of(connections=2))
    offering.begin([0.0, 0.0, 0.0, 60.0])
    offering.until(lambda: len(offering.load.pool.waiting) == 1)
    whole = offering.end()
    assert (whole.planned, whole.outcomes) == (3, {UNFINISHED: 2, UNSENT: 1})


def test_an_arrival_from_before_the_first_connection_waits_for_it(answering):
    """Users may be spawned late; their arrivals are not lost."""
    offering = Offering(answering(), scenario_of(connections=0 + 1))
    offering.load.begin(load_module.PlanClock(0.0), iter([]))
    assert offering.load.settled


@pytest.mark.parametrize("dense", [True, False])
def test_dense_and_sparse_plans_are_offered_alike(answering, monkeypatch, dense):
    """Spinning and sleeping give the same outcomes; only spinning has idle time to tell of."""
    monkeypatch.setattr(load_module, "SPIN_GAP_S", 1.0 if dense else 0.0)
    offering = Offering(answering())
    whole = offering.run([n / 200 for n in range(40)])
    assert whole.outcomes == {OK: 40}
    assert (offering.load.drain_idle_s() > 0) is dense


def test_a_realtime_process_never_spins(answering, monkeypatch):
    """Linux would stop it for 50 ms in every second in which others want its core."""
    monkeypatch.setattr(load_module, "SPIN_GAP_S", 1.0)
    monkeypatch.setattr(pacer, "realtime", lambda: True)
    offering = Offering(answering())
    assert offering.run([n / 200 for n in range(20)]).outcomes == {OK: 20}
    assert offering.load.drain_idle_s() == 0


def test_a_long_gap_in_a_dense_plan_is_slept_through(answering, monkeypatch):
    """Bursts with nothing between them do not burn the core."""
    monkeypatch.setattr(load_module, "SPIN_GAP_S", 1.0)
    offering = Offering(answering())
    before_s = time.process_time()
    assert offering.run([0.0, 0.001, 0.6]).outcomes == {OK: 3}
    assert offering.load.drain_idle_s() < 0.3
    assert time.process_time() - before_s < 0.5


def test_arrivals_beyond_a_lease_wait_for_its_extension(answering):
    """A worker goes no further into the plan than the master has let it, and goes on when it is let."""
    offering, lease = Offering(answering()), Lease(0.05)
    offering.begin([0.0, 0.01, 0.06, 0.07], lease=lease)
    offering.until(lambda: len(offering.rows) + len(offering.load._done) == 2)
    lease.extend(10.0)
    offering.until(lambda: offering.load.settled)
    assert offering.end().outcomes == {OK: 4}
    assert not lease.lapsed


def test_a_lapsed_lease_ends_the_load(answering):
    """Nothing due after its end is offered, however late word comes."""
    offering, lease = Offering(answering()), Lease(0.05)
    offering.begin([0.0, 0.01, 0.06, 0.07], lease=lease)
    offering.until(lambda: lease.lapsed and offering.load.settled)
    lease.extend(10.0)
    gevent.sleep(0.02)
    assert offering.end().planned == 2


def test_what_is_taken_over_is_offered_beside_the_own_share(answering):
    """In the order of the due times, whether or not the own share is through."""
    offering = Offering(answering())
    offering.begin([0.0, 0.1, 0.2])
    offering.load.take_on(iter([Arrival(7, 0.05, "1x", 0, 0), Arrival(8, 0.15, "1x", 0, 0)]))
    offering.until(lambda: offering.load.settled)
    offering.load.take_on(iter([Arrival(9, 0.3, "1x", 0, 0)]))
    offering.until(lambda: offering.load.settled)
    assert offering.end().outcomes == {OK: 6}
    assert [row[1] for row in sorted(offering.rows, key=lambda row: row[3])] == [0.0, 0.05, 0.1, 0.15, 0.2, 0.3]


def test_requests_under_way_are_integrated(answering):
    """Little's law: arrival rate times time in the system is the number in it."""
    offering = Offering(answering(0.05), scenario_of(connections=16))
    offering.begin([n / 100 for n in range(50)])
    offering.until(lambda: offering.load.settled)
    now_s = offering.load.clock.now_s()
    offering.load.hand_on()
    mean = offering.load.occupancy.drain(now_s, offering.load.under_way_s())
    whole = offering.end()
    expected = whole.ok["service_time"].sum_s / (now_s + 0.02)
    assert mean == pytest.approx(expected, rel=0.05)
    assert offering.load.pool.drain(0.0).busy_peak >= 2


def test_gevent_looks_at_sockets_often():
    """Its default of 5 ms would be added to every response time whenever a greenlet is ready."""
    gevent.setswitchinterval(0.005)
    made = pacer.Pacer(lambda now_s: now_s + 60)
    assert gevent.getswitchinterval() == pytest.approx(pacer.SWITCH_INTERVAL_S)
    made.stop()


class Faulty(SearchTarget):
    """A target whose own code breaks."""

    def __init__(self, where):
        super().__init__(scenario_of(), ITEMS, FRESH)
        self._where = where

    def call(self, arrival):
        if self._where == "call" and arrival.index == 2:
            raise KeyError("no such field")
        return super().call(arrival)

    def outcome(self, arrival, reply):
        if self._where == "outcome" and arrival.index == 2:
            raise KeyError("no such field")
        return super().outcome(arrival, reply)


@pytest.mark.parametrize(("where", "outcome"), [("call", UNFINISHED), ("outcome", BAD_REPLY)])
def test_a_fault_in_a_targets_code_ends_the_load_and_is_kept(answering, where, outcome):
    """The error is there to be told, and nothing more is offered."""
    offering = Offering(answering(), target=Faulty(where))
    offering.begin([0.0, 0.001, 0.4, 0.7])  # the first two are answered before the fault, also on a busy machine
    answered = 2 if where == "call" else 3
    offering.until(lambda: offering.load.fault is not None)
    offering.until(lambda: len(offering.rows) + len(offering.load._done) == answered)
    whole = offering.end()
    assert isinstance(offering.load.fault, KeyError)
    assert whole.outcomes[OK] == 2
    assert whole.outcomes[outcome] == 1


def test_too_many_requests_is_an_outcome_and_the_plan_goes_on(answering):
    """429 with Retry-After is counted under its status; an open loop does not wait for what the target asks."""
    reply = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
    whole = Offering(answering(reply=reply)).run([n / 100 for n in range(20)])
    assert whole.outcomes == {"http_429": 20}
    assert whole.failed["latency"].largest_s < 5


def test_a_jump_of_the_wall_clock_does_not_matter(answering, monkeypatch):
    """Every duration is of the monotonic clock."""
    offering = Offering(answering())
    offering.begin([n / 100 for n in range(30)])
    monkeypatch.setattr(time, "time", lambda: 0.0)
    offering.until(lambda: offering.load.settled)
    whole = offering.end()
    assert whole.outcomes == {OK: 30}
    assert 0 < whole.ok["latency"].smallest_s <= whole.ok["latency"].largest_s < 5


def test_a_target_that_goes_down_is_measured_as_it_is(serve):
    """Refused from then on; every arrival still gets its outcome."""
    server = serve([b"", GOOD, "reset"])
    offering = Offering(server.url, scenario_of(connections=1))
    offering.begin([0.0, 0.2, 0.25, 0.3])
    offering.until(lambda: len(offering.load._done) + len(offering.rows) >= 1)
    server.close()
    offering.until(lambda: offering.load.settled)
    whole = offering.end()
    assert whole.finished == 4
    assert whole.outcomes[OK] == 1
    assert whole.failures == 3
