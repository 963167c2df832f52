"""The written target: requests with placeholders, checks, what is taken from replies; and every mistake in them."""

from __future__ import annotations

import pytest

from scenarios.mistake import ScenarioError
from scenarios.reading import parse_scenario
from scenarios.surroundings import Surroundings
from scenarios.writing import load_facts, scenario_yaml

FILE = """
name: shop
baseline: 40/s
target:
  kind: http
  url: http://127.0.0.1:1
  REQUESTS
stages:
  - {name: s, multiplier: 2, duration: 30s}
MORE
"""
SHOP = """
  health: /healthz
  headers: {Authorization: 'Bearer ${env:SHOP_TOKEN}', X-Number: '${number}'}
  requests:
    - name: search
      weight: 3
      path: /search?q=${query}&user=${user}
      headers: {Accept: application/json}
      status: [200, 3xx]
      checks:
        - {name: found, json: 'length(results)'}
        - {name: first, json: 'results[0].rank', equals: 1}
        - {name: no apology, regex: '(?i)^((?!sorry).)*$'}
        - {name: typed, header: Content-Type, equals: application/json}
      check_share: 25%
      extract: {doc: 'results[0].id'}
      answer: results[*].id
    - {name: open, path: '/doc/${doc}'}
    - {name: add, method: POST, path: /cart, json: {id: '${document_id}', n: [1, '${priority}']}}
    - {name: store, method: PUT, path: /blob, upload: {size: 64kB}, weight: 0}
    - {name: tell, method: POST, path: /chat, form: {q: '${query}'}, stream: true, checks: [{name: end, text: DONE}]}
"""
VISIT = "workload: {sessions: [{name: visit, steps: [search, {operation: open, think_time: 1s}]}]}"


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "geheim")
    (tmp_path / "rows.csv").write_text("query,colour\nshoes,red\n")
    (tmp_path / "blob.bin").write_bytes(b"x")

    def parse(requests, more=""):
        text = FILE.replace("REQUESTS", requests.strip()).replace("MORE", more)
        return parse_scenario(text, str(tmp_path / "file.yaml"))

    return parse


def test_requests_are_the_operations(read):
    """Weights stand with the requests; what needs an earlier step comes only in its session."""
    scenario = read(SHOP, VISIT)
    weights = [(its.name, its.weight) for its in scenario.workload.operations]
    assert weights == [("search", 3.0), ("open", 0.0), ("add", 1.0), ("store", 0.0), ("tell", 1.0)]
    assert scenario.target.requests[0].status == ["200", "3xx"]
    assert scenario.target.requests[0].check_share == 0.25
    assert scenario.target.health == "/healthz"


def test_a_secret_is_never_written_down(read, tmp_path):
    """What a run writes down holds the reference; reading it back needs neither file nor secret."""
    scenario = read(SHOP, VISIT)
    text = scenario_yaml(scenario)
    assert "geheim" not in text + str(load_facts(scenario))
    assert "Bearer ${env:SHOP_TOKEN}" in text
    assert parse_scenario(text, "effective.yaml", Surroundings.of_a_run(tmp_path)) == scenario


def test_files_are_absolute_in_what_a_run_writes_down(read, tmp_path):
    """A run folder may be read from anywhere."""
    scenario = read("requests: [{name: put, method: PUT, path: /b, upload: {file: blob.bin}}]")
    assert scenario.target.requests[0].upload.file == str(tmp_path / "blob.bin")


def request(more):
    return "requests: [{name: a, path: /, " + more + "}]"


@pytest.mark.parametrize(
    ("requests", "more", "said"),
    [
        ("requests: []", "", "line 4, target: an http target needs requests (or a replay"),
        ("requests: [{name: a}]", "", "target.requests[0]: the key 'path' is missing"),
        ("requests: [{name: a, path: search}]", "", "target.requests[0].path: 'search' is not"),
        ("requests: [{name: a, path: '/a b'}]", "", "'/a b' holds a space or a character that URLs escape"),
        ("requests: [{name: a, path: /é}]", "", "holds a space or a character that URLs escape"),
        ("requests: [{name: a, path: /}, {name: a, path: /}]", "", "target.requests[1].name: 'a' is there twice"),
        (request("method: get"), "", "target.requests[0].method: 'get' is not"),
        (request("mehtod: GET"), "", "unknown key 'mehtod' (did you mean method?"),
        (request("body: x, json: {a: 1}"), "", "json and body: a request has one body"),
        (request("upload: {}"), "", "target.requests[0].upload: give either size or file"),
        (request("upload: {size: 1MB, file: blob.bin}"), "", "give either size or file"),
        (request("upload: {size: big}"), "", "'big' is not a size such as 64kB or 1MB"),
        (request("upload: {file: none.bin}"), "", "upload.file: there is no file"),
        (request("status: 700"), "", "target.requests[0].status: '700' is not a status such as 200 or 2xx"),
        (request("status: []"), "", "status: value should have at least 1 item"),
        (request("checks: [{name: a}]"), "", "target.requests[0].checks[0]: give one of json, text, regex, header"),
        (request("checks: [{name: a, text: x, regex: y}]"), "", "give one of json, text, regex, header"),
        (request("checks: [{name: a, text: x, equals: y}]"), "", "equals does not go with text"),
        (request("checks: [{name: a, regex: '('}]"), "", "'(' is not a regular expression"),
        (request("checks: [{name: a, json: 'a['}]"), "", "'a[' is not a JMESPath expression"),
        (request("checks: [{name: a, text: x}, {name: a, text: y}]"), "", "checks[1].name: 'a' is there twice"),
        (request("checks: [{name: a, header: 'X Y'}]"), "", "checks[0].header: 'X Y' is not"),
        (request("check_share: 3"), "", "target.requests[0].check_share: 3 is not a share between 0 and 100 %"),
        (request("extract: {doc: '[['}"), "", "extract.doc: '[[' is not a JMESPath expression"),
        (request("extract: {'a b': id}"), "", "target.requests[0].extract"),
        (request("answer: '*.['"), "", "answer: '*.[' is not a JMESPath expression"),
        (request("stream: true, answer: id"), "", "a stream of events is not one JSON document"),
        (request("headers: {'X Y': a}"), "", "target.requests[0].headers"),
        (request('headers: {X: "a\\nb"}'), "", "headers.X: a header holds no line end"),
        (
            request("headers: {Authorization: Bearer 123}"),
            "",
            "a secret is not written into a file",
        ),
        (request("headers: {X-Api-Key: '123'}"), "", "refer to a variable: ${env:API_TOKEN}"),
        (
            request("headers: {Authorization: '${env:NO_SUCH_TOKEN}'}"),
            "",
            "variable NO_SUCH_TOKEN is not set",
        ),
        (
            "requests: [{name: a, path: '/${colur}'}]",
            "workload: {queries: {file: rows.csv}}",
            "unknown placeholder ${colur} (did you mean colour? known: colour, number, priority, query, user)",
        ),
        ("requests: [{name: a, path: /, json: {x: [{'${y}': 1}]}}]", "", "unknown placeholder ${y}"),
        (
            "requests: [{name: a, path: /, extract: {d: id}}, {name: b, path: '/${d}'}]",
            "",
            "'b' needs ${d} of a step before it, and comes alone as well (give it weight: 0",
        ),
        (
            SHOP,
            "workload: {sessions: [{name: v, steps: [open, search]}]}",
            "workload.sessions[0].steps[0]: 'open' needs ${doc}, which no step before it extracts",
        ),
        ("requests: [{name: a, path: /}]", "workload: {operations: [{name: b}]}", "no request is named 'b' (known: a)"),
        ("kind: soap", "", "written twice"),
    ],
)
def test_each_mistake_in_a_target_has_its_words(read, requests, more, said):
    """Told with line and key, and what is known."""
    with pytest.raises(ScenarioError) as caught:
        read(requests, more)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{kind: soap}", "line 3, target.kind: unknown target kind 'soap' (known: http, python, search)"),
        ("{kind: python}", "a python target needs a class (write it as class: my_module:MyTarget)"),
        ("{kind: python, class: MyTarget}", "target.class: 'MyTarget' is not a class such as my_module:MyTarget"),
        ("{kind: search, requests: [{name: a, path: /}]}", "requests does not go with kind search (give kind: http)"),
        ("{kind: search, class: 'a:B'}", "class does not go with kind search"),
        ("{kind: http, options: {a: 1}, requests: [{name: a, path: /}]}", "options does not go with kind http"),
        ("{health: healthz}", "target.health: 'healthz' is not a path such as /search"),
    ],
)
def test_keys_belong_to_their_kind(target, said):
    """What a kind has no use for is a mistake, not silence."""
    text = f"name: a\nbaseline: 1/s\ntarget: {target}\nstages: [{{name: a, multiplier: 1, duration: 1s}}]\n"
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "file.yaml")
    assert said in str(caught.value)
