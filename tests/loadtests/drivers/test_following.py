"""Sessions, closed users and streams over real sockets: what follows a reply is sent, and recorded as it should be."""

from __future__ import annotations

import gevent
import orjson
import pytest
from gevent.pywsgi import WSGIServer

from loadtests.clock import PlanClock
from loadtests.drivers.duty import Duty
from loadtests.known_item import of_document
from loadtests.sample import OK
from loadtests.second import Second
from loadtests.targets import make_target
from loadtests.timeline import Timeline
from scenarios.planning import arrivals_of
from scenarios.reading import parse_scenario
from tests.loadtests.drivers.offering import Offering

ITEMS = tuple(of_document(f"query {n}", f"d{n}") for n in range(20))


@pytest.fixture
def shop():
    """A small service: a search, a document, and a stream of three events; it remembers what it was asked."""
    asked = []

    def application(environ, start_response):
        path = environ["PATH_INFO"]
        number = len(asked)
        asked.append((path, environ.get("QUERY_STRING", ""), environ.get("HTTP_X_USER", "")))
        if path == "/stream":
            start_response("200 OK", [("Content-Type", "text/event-stream")])
            return (_late(f"data: {n}\n\n".encode()) for n in range(3))
        gevent.sleep(0.004)
        missing = path == "/doc/none"
        start_response("404 Not Found" if missing else "200 OK", [("Content-Type", "application/json")])
        return [orjson.dumps({"results": [{"id": f"doc {number}"}], "path": path})]

    server = WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.stop()


def _late(piece):
    gevent.sleep(0.01)
    return piece


def run(url, text, until=None):
    """Offer a whole scenario in this process and return what was recorded."""
    scenario = parse_scenario(text, "shop.yaml")
    offering = Offering(url, scenario, make_target(scenario, ITEMS))
    load = offering.load
    for _ in range(scenario.target.connections):
        offering.users.start(gevent.Greenlet(load.lend))
    gevent.sleep(0)
    load.begin(PlanClock(0.02), Duty.share(0, 1).of(arrivals_of(scenario, 1)))
    offering.until(until or (lambda: load.settled))
    offering.users.kill()
    load.end()
    load.hand_on()
    timeline = Timeline()
    for part in load.recorder.drain():
        timeline.add(part)
    for row in load.book.drain():
        (timeline.add_session if row["kind"] == "session" else timeline.add)(Second.from_json(row))
    return scenario, timeline


VISITS = """
name: visits
baseline: 40/s
target:
  kind: http
  timeout: 1s
  connections: 16
  requests:
    - {name: search, path: '/search?q=${query}', extract: {doc: 'results[0].id'}}
    - {name: open, path: '/doc/${doc}'}
    - {name: refine, path: '/search?q=${doc}+again'}
workload:
  queries: {distinct: 20}
  sessions: [{name: visit, steps: [search, {operation: open, think_time: 50ms}, refine]}]
stages: [{name: 1x, multiplier: 1, duration: 1500ms}]
"""


def test_a_session_goes_from_reply_to_request(shop):
    """Every step is an operation of its own, filled with what the reply before gave; the whole is recorded as well."""
    url, asked = shop
    _, timeline = run(url, VISITS)
    steps = {name: timeline.stage("1x", name) for name in ("search", "open", "refine")}
    visits = timeline.stage("1x", "visit")
    assert (
        steps["search"].outcomes[OK]
        == steps["search"].planned
        == sum(p == "/search" for p, q, _ in asked) - steps["refine"].finished
    )
    assert visits.outcomes == {OK: steps["refine"].finished}
    assert steps["open"].finished >= visits.planned > 20
    opened = {path.removeprefix("/doc/") for path, _, _ in asked if path.startswith("/doc/")}
    assert all(its.startswith("doc ") for its in opened)
    assert len(opened) == steps["open"].finished
    shortest = visits.ok["latency"].smallest_s
    assert shortest >= 0.05 + 3 * 0.004
    assert visits.ok["waiting"].smallest_s <= shortest - 0.05 + 1e-6
    assert timeline.stage("1x").planned == sum(its.planned for its in steps.values())
    assert "visit" not in timeline.operations


def test_a_step_that_fails_ends_the_session_with_its_outcome(shop):
    """The document is not there: its 404 is the session's outcome, and nothing is refined."""
    url, _ = shop
    _, timeline = run(url, VISITS.replace("/doc/${doc}", "/doc/none?${doc}"))
    assert timeline.stage("1x", "refine").planned == 0
    assert set(timeline.stage("1x", "visit").outcomes) == {"http_404"}
    assert timeline.stage("1x", "visit").failed["latency"].total > 20


CLOSED = """
name: users
closed: {users: 4, think_time: {exponential: 40ms}}
target: {kind: http, timeout: 1s, connections: 16, requests: [{name: look, path: /look}]}
workload: {callers: {users: 4}}
stages: [{name: few, multiplier: 1, duration: 1s}, {name: many, multiplier: 3, duration: 1s}]
"""


def test_closed_users_ask_think_and_ask_again(shop):
    """Each user is known by name; three times as many ask some three times as much; all get an outcome."""
    url, asked = shop
    _, timeline = run(url, CLOSED)
    few, many = timeline.stage("few"), timeline.stage("many")
    assert few.outcomes[OK] == few.planned
    assert many.outcomes[OK] == many.planned
    assert 2 <= many.planned / few.planned <= 4.5
    assert {user for _, _, user in asked} == {f"user-{n}" for n in range(12)}


STREAM = """
name: stream
baseline: 20/s
target: {kind: http, timeout: 2s, connections: 16, requests: [{name: chat, path: /stream, stream: true}]}
stages: [{name: 1x, multiplier: 1, duration: 1s}]
"""


def test_the_events_of_a_stream_are_timed_in_their_seconds(shop):
    """Three events 10 ms apart: each reply has its first event, its gaps, and its whole length."""
    url, _ = shop
    _, timeline = run(url, STREAM)
    chat = timeline.stage("1x", "chat")
    assert chat.outcomes[OK] == chat.planned > 5
    for name in ("first_event", "event_gap", "event_gap_max"):
        assert chat.ok[name].total == chat.outcomes[OK]
    assert chat.ok["first_event"].smallest_s >= 0.01
    assert 0 < chat.ok["event_gap"].smallest_s <= chat.ok["event_gap_max"].largest_s
    assert chat.ok["latency"].smallest_s >= 0.03
    assert Second.from_json(chat.to_json()).to_json() == chat.to_json()
