"""Any HTTP service as a target: requests from templates, checks, what later steps take, streams, uploads, callers."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from loadtests.known_item import KnownItem
from loadtests.targets import make_target
from loadtests.targets.http import HttpTarget
from scenarios.arrivals import Arrival, Visit
from scenarios.errors import HarnessError
from scenarios.fresh_text import FreshText, vocabulary
from scenarios.log_line import Recorded
from scenarios.reading import parse_scenario
from scenarios.surroundings import Surroundings

FILE = """
name: shop
baseline: 40/s
target:
  kind: http
  REQUESTS
workload: WORKLOAD
stages:
  - {name: s, multiplier: 1, duration: 30s}
"""
ITEMS = (
    KnownItem('red "shoes" & more', ("d1",), {"query": 'red "shoes" & more', "colour": "röt\r\nX: 1"}),
    KnownItem("blue shoes", (), {"query": "blue shoes", "colour": "blue"}),
)
FRESH = FreshText(vocabulary(()), 5, 1)


@dataclass
class Answered:
    status: int = 200
    body: bytes = b"{}"
    headers: list = field(default_factory=list)
    pieces: list = field(default_factory=list)


def target_of(tmp_path, requests, workload="{}", environ=None, items=ITEMS):
    around = Surroundings(tmp_path, environ or {}, settled=True)
    text = FILE.replace("REQUESTS", requests.strip()).replace("WORKLOAD", workload)
    return HttpTarget(parse_scenario(text, "shop.yaml", around), items, FRESH, environ or {})


def arrival(number=0, rank=0, operation=0, **more):
    return Arrival(number, 1.0, "s", operation, rank, **more)


def test_placeholders_are_made_safe_for_where_they_stand(tmp_path):
    """In a path they are escaped, in JSON and forms quoted, in a header no line can be begun with them."""
    target = target_of(
        tmp_path,
        """
  headers: {X-Colour: '${colour}', Authorization: 'Bearer ${env:TOKEN}'}
  requests:
    - {name: get, path: '/s/${query}?n=${number}'}
    - {name: post, method: POST, path: /p, json: {q: '${query}', n: [1, '${number}'], '${colour}': true}}
    - {name: form, method: POST, path: /f, form: {'a b': '${query}', c: x}}
    - {name: text, method: PUT, path: /t, body: '<${query}>', content_type: text/xml}
""",
        environ={"TOKEN": "geheim"},
    )
    get, post, form, text = (target.call(arrival(7, operation=n)) for n in range(4))
    assert get.path == "/s/red%20%22shoes%22%20%26%20more?n=7"
    assert dict(get.headers) == {"X-Colour": "r%C3%B6t  X: 1", "Authorization": "Bearer geheim"}
    assert (get.body, get.content_type) == (b"", "")
    assert orjson.loads(post.body) == {"q": 'red "shoes" & more', "n": [1, "7"], "röt\r\nX: 1": True}
    assert post.content_type == "application/json"
    assert parse_qs(form.body.decode()) == {"a b": ['red "shoes" & more'], "c": ["x"]}
    assert form.content_type == "application/x-www-form-urlencoded"
    assert (text.method, text.body, text.content_type) == ("PUT", b'<red "shoes" & more>', "text/xml")


def test_the_same_row_gives_the_same_call(tmp_path):
    """Its bytes are then made once; what depends on the arrival is made anew."""
    target = target_of(
        tmp_path,
        "requests: [{name: a, path: '/${query}'}, {name: b, path: '/${query}/${number}'}, {name: c, path: /fixed}]",
    )
    assert target.call(arrival(1, rank=1)) is target.call(arrival(2, rank=1))
    assert target.call(arrival(1, rank=1)) is not target.call(arrival(1, rank=0))
    assert target.call(arrival(1, operation=1)).path != target.call(arrival(2, operation=1)).path
    assert target.call(arrival(1, rank=0, operation=2)) is target.call(arrival(2, rank=9, operation=2))


def test_a_never_seen_query_is_new_each_time(tmp_path):
    """Its other columns come from a row of the data."""
    target = target_of(tmp_path, "requests: [{name: a, path: '/?q=${query}&c=${colour}'}]")
    asked = [parse_qs(urlsplit(target.call(arrival(n, rank=2 + n)).path).query) for n in range(100)]
    assert len({its["q"][0] for its in asked}) == 100
    assert {its["c"][0] for its in asked} == {"blue", "röt\r\nX: 1"}
    assert target.query(arrival(5, rank=7)) == asked[5]["q"][0]


def test_callers_are_told_in_headers_and_placeholders(tmp_path):
    """User and priority by the scenario's names."""
    target = target_of(
        tmp_path,
        "requests: [{name: a, path: '/${user}/${priority}'}]",
        "{callers: {users: 3, priorities: {high: 1, low: 2}, user_header: X-Tenant}}",
    )
    call = target.call(arrival(user=2, priority=1))
    assert call.path == "/user-2/low"
    assert call.headers == (("X-Tenant", "user-2"), ("X-Priority", "low"))


def test_uploads_have_their_size_and_type(tmp_path):
    """Random bytes of a size, the same each time, or a file's content with its type."""
    (tmp_path / "cat.png").write_bytes(b"\x89PNG...")
    target = target_of(
        tmp_path,
        "requests: [{name: a, method: PUT, path: /, upload: {size: 64kB}},"
        " {name: b, method: PUT, path: /, upload: {file: cat.png}}]",
    )
    first, second = target.call(arrival(operation=0)), target.call(arrival(operation=1))
    assert (len(first.body), first.content_type) == (64_000, "application/octet-stream")
    assert len(set(first.body)) == 256
    assert target.call(arrival(3, rank=1)) is first
    assert (second.body, second.content_type) == (b"\x89PNG...", "image/png")


REPLY = orjson.dumps({"results": [{"id": "d1", "rank": 1}], "total": 1, "ok": True, "none": []})


@pytest.mark.parametrize(
    ("check", "reply", "outcome"),
    [
        ("json: 'results[0].id'", Answered(), "check:c"),
        ("json: 'results[0].id'", Answered(body=REPLY), "ok"),
        ("json: 'none'", Answered(body=REPLY), "check:c"),
        ("json: 'length(results)', equals: 1", Answered(body=REPLY), "ok"),
        ("json: 'length(results)', equals: 2", Answered(body=REPLY), "check:c"),
        ("json: ok, equals: 1", Answered(body=REPLY), "check:c"),
        ("json: ok, equals: true", Answered(body=REPLY), "ok"),
        ("json: missing, equals: null", Answered(body=REPLY), "ok"),
        ("json: ok", Answered(body=b"<html>"), "bad_reply"),
        ("text: '\"rank\":1'", Answered(body=REPLY), "ok"),
        ("text: sorry", Answered(body=REPLY), "check:c"),
        ('regex: \'"id":"d[0-9]"\'', Answered(body=REPLY), "ok"),
        ("regex: '^$'", Answered(body=b"\xff\xfe"), "check:c"),
        ("header: x-cache", Answered(headers=[(b"X-Cache", b"HIT")]), "ok"),
        ("header: X-Cache, equals: HIT", Answered(headers=[(b"x-cache", b"HIT")]), "ok"),
        ("header: X-Cache, equals: MISS", Answered(headers=[(b"x-cache", b"HIT")]), "check:c"),
        ("header: X-Cache", Answered(), "check:c"),
    ],
)
def test_a_check_that_does_not_hold_names_the_outcome(tmp_path, check, reply, outcome):
    """JSON path, text, pattern and header; equality as JSON has it; what is no JSON is a bad reply."""
    target = target_of(tmp_path, f"requests: [{{name: a, path: /, checks: [{{name: c, {check}}}]}}]")
    assert target.outcome(arrival(), reply) == outcome
    assert target.needs_headers == ("header" in check)


@pytest.mark.parametrize(
    ("written", "status", "outcome"),
    [("", 204, "ok"), ("", 301, "http_301"), ("status: 404", 404, "ok"), ("status: [2xx, 418]", 500, "http_500")],
)
def test_a_status_is_expected_or_names_the_outcome(tmp_path, written, status, outcome):
    """2xx by default; a list of statuses or classes otherwise."""
    target = target_of(tmp_path, f"requests: [{{name: a, path: /, {written}}}]")
    assert target.outcome(arrival(), Answered(status)) == outcome


def test_checks_may_look_at_a_share_of_the_replies(tmp_path):
    """Of every fourth arrival the body is looked at, of the others only the status."""
    target = target_of(tmp_path, "requests: [{name: a, path: /, check_share: 25%, checks: [{name: c, text: never}]}]")
    assert [target.outcome(arrival(n), Answered()) for n in range(5)] == ["check:c", "ok", "ok", "ok", "check:c"]


STEPS = """
  requests:
    - {name: search, path: '/s', extract: {doc: 'results[0].id', total: total}}
    - {name: open, path: '/doc/${doc}', weight: 0}
"""


def test_what_a_reply_gives_goes_into_the_next_step(tmp_path):
    """Values are taken by their paths; a reply within a session that lacks one is not as asked."""
    target = target_of(tmp_path, STEPS)
    assert target.values(arrival(session=0), Answered(body=REPLY)) == {"doc": "d1", "total": "1"}
    step = arrival(3, operation=1, session=0, step=1, visit=Visit(0.0, 0.0, {"doc": "a/b", "total": "1"}))
    assert target.call(step).path == "/doc/a%2Fb"
    assert target.call(step._replace(visit=Visit(0.0, 0.0, {"doc": "c"}))).path == "/doc/c"
    assert target.outcome(arrival(session=0), Answered(body=b'{"results": [], "total": 0}')) == "check:doc"
    assert target.outcome(arrival(session=0), Answered(body=b"no")) == "bad_reply"
    assert target.outcome(arrival(), Answered(body=b"no")) == "ok"


def test_an_answer_is_a_list_of_documents(tmp_path):
    """Found by its path, to be judged; what is no list there is an error that the caller knows."""
    target = target_of(tmp_path, "requests: [{name: a, path: /, answer: 'results[*].id'}, {name: b, path: /}]")
    assert target.answer(arrival(), Answered(body=REPLY)) == ("d1",)
    assert target.answer(arrival(operation=1), Answered(body=REPLY)) is None
    with pytest.raises(TypeError):
        target.answer(arrival(), Answered(body=b"{}"))


def test_a_stream_has_its_events_timed(tmp_path):
    """Sent at 1.0: events at 1.2, 1.3 and 1.7; comments are no events; none at all is a bad reply."""
    target = target_of(tmp_path, "requests: [{name: a, path: /, stream: true, checks: [{name: end, text: DONE}]}]")
    pieces = [
        (1.1, b": hello\n\n"),
        (1.15, b"data: a"),
        (1.2, b"\n\n"),
        (1.3, b"data: b\n\n"),
        (1.7, b"data: DONE\n\n"),
    ]
    reply = Answered(body=b"".join(piece for _, piece in pieces), pieces=pieces)
    assert target.call(arrival()).streamed
    assert target.measures_more
    assert target.outcome(arrival(), reply) == "ok"
    assert target.timings(arrival(), reply, 1.0) == pytest.approx(
        {"first_event": 0.2, "event_gap": 0.25, "event_gap_max": 0.4}
    )
    assert target.outcome(arrival(), Answered(pieces=[(1.1, b": only a comment\n\n")])) == "bad_reply"


def test_a_recorded_request_is_sent_as_it_was(tmp_path):
    """Of a replay, with the headers that no log has; checks are those of the request with the operation's name."""
    (tmp_path / "log.jsonl").write_text('{"time": 1772366400, "path": "/a?q=1"}\n' * 3)
    text = (
        "name: r\nreplay: {file: log.jsonl, format: json, operations: [{name: page, match: /}]}\n"
        "target: {kind: http, headers: {Accept: text/html}, requests: [{name: page, checks: [{name: c, text: x}]}]}\n"
        "stages: [{name: a, multiplier: 1, duration: 1s}]\n"
    )
    scenario = parse_scenario(text, str(tmp_path / "r.yaml"))
    target = HttpTarget(scenario, (), FRESH, {})
    call = target.call(arrival(recorded=Recorded(0.0, "HEAD", "/a?q=1")))
    assert (call.method, call.path, call.headers) == ("HEAD", "/a?q=1", (("Accept", "text/html"),))
    posted = target.call(arrival(recorded=Recorded(0.0, "POST", "/a", 200, '{"a":1}')))
    assert (posted.body, posted.content_type) == (b'{"a":1}', "application/json")
    assert target.outcome(arrival(), Answered(body=b"y")) == "check:c"


def test_a_secret_that_is_not_there_is_told_where_the_load_is_made(tmp_path):
    """A worker on another machine needs the variable too."""
    with pytest.raises(HarnessError, match="the environment variable TOKEN is not set") as caught:
        target_of(tmp_path, "requests: [{name: a, path: /, headers: {Authorization: '${env:TOKEN}'}}]")
    assert "every machine" in caught.value.hint


OWN = """
from loadtests.target import Call
from loadtests.targets.python import OwnTarget

class Mine(OwnTarget):
    def call(self, arrival):
        return Call("GET", f"/{self.options['where']}/{self.operations[arrival.operation]}/{arrival.index}")

class Half:
    def __init__(self, options, operations, items):
        pass

class Broken(OwnTarget):
    def __init__(self, *_):
        raise ValueError("no luck")
"""


def own(tmp_path, name, module="own_target_of_a_test"):
    (tmp_path / "own_target_of_a_test.py").write_text(OWN)
    text = (
        f"name: p\nbaseline: 1/s\ntarget: {{kind: python, class: '{module}:{name}', options: {{where: shop}}}}\n"
        "workload: {operations: [{name: look}]}\nstages: [{name: a, multiplier: 1, duration: 1s}]\n"
    )
    return make_target(parse_scenario(text, str(tmp_path / "p.yaml")), ())


def test_a_class_of_ones_own_is_found_beside_the_scenario(tmp_path):
    """It says what to send; whatever it does not say has a default."""
    target = own(tmp_path, "Mine")
    assert target.call(arrival(4)).path == "/shop/look/4"
    assert target.outcome(arrival(), Answered(503)) == "http_503"
    assert (target.answer(arrival(), Answered()), target.query(arrival())) == (None, "")


@pytest.mark.parametrize(
    ("name", "module", "said"),
    [
        ("Mine", "no_such_module", "cannot be used: ModuleNotFoundError: No module named 'no_such_module'"),
        ("Yours", "own_target_of_a_test", "has no attribute 'Yours'"),
        ("Broken", "own_target_of_a_test", "cannot be used: ValueError: no luck"),
        ("Half", "own_target_of_a_test", "has no needs_headers, measures_more, method, call, outcome, answer"),
    ],
)
def test_a_class_that_cannot_be_used_is_told(tmp_path, name, module, said):
    """Two lines, with the next step."""
    with pytest.raises(HarnessError) as caught:
        own(tmp_path, name, module)
    assert said in caught.value.what
    assert caught.value.hint
