"""The baseline: a number, the peak of an access log, or a query over a Prometheus."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scenarios.errors import HarnessError
from scenarios.mistake import ScenarioError
from scenarios.reading import parse_scenario, read_scenario
from scenarios.writing import load_facts, scenario_yaml

FILE = """
name: measured
baseline: BASELINE
stages:
  - {name: 1x, multiplier: 1, duration: 10s}
  - {name: 5x, multiplier: 5, duration: 10s}
"""


def write(tmp_path, baseline):
    path = tmp_path / "scenario.yaml"
    path.write_text(FILE.replace("BASELINE", baseline))
    return path


def log_of(tmp_path, counts):
    """A log with a given number of requests in each second."""
    path = tmp_path / "access.log"
    line = 'h - - [01/Mar/2026:12:{:02d}:{:02d} +0000] "GET /search?q={} HTTP/1.1" 200 1\n'
    path.write_text("".join(line.format(s // 60, s % 60, n) for s, count in enumerate(counts) for n in range(count)))
    return path


@pytest.mark.parametrize(
    ("how", "rate"),
    [
        ("quantile: 1", 40.0),
        ("quantile: 0.5", 2.0),  # the 10th of the 19 whole seconds in order: 0 1 1 1 1 1 1 1 2 2 ...
        ("quantile: 0.9", 9.0),  # the 18th
        ("window: 5s, quantile: 1", 9.2),  # (2 + 0 + 3 + 40 + 1) / 5
        ("window: 5s, quantile: 0.3", 1.0),
    ],
)
def test_the_peak_of_a_log_is_a_quantile_of_its_windows(tmp_path, how, rate):
    """Requests are counted in windows; silence counts, the cut-off last window does not; nearest rank, by hand."""
    counts = [1, 1, 1, 1, 1, 2, 0, 3, 40, 1, 4, 5, 6, 7, 8, 9, 2, 2, 1, 1]
    log_of(tmp_path, counts)
    scenario = read_scenario(write(tmp_path, "{access_log: access.log, " + how + "}"))
    assert scenario.baseline_rate_per_s == pytest.approx(rate)
    assert scenario.stages[1].rate_per_s == pytest.approx(5 * rate)


def test_a_baseline_that_was_read_says_where_from(tmp_path):
    """The effective scenario holds the number, the file and what was met in it; reading it again asks no log."""
    path = log_of(tmp_path, [3, 3, 3])
    path.write_text(path.read_text() + "garbage\n")
    scenario = read_scenario(write(tmp_path, "{access_log: access.log, quantile: 0.99}"))
    assert scenario.read_from["access_log"] == str(path)
    assert scenario.read_from["requests"] == 9
    assert "malformed" in scenario.read_from["notes"][0]
    path.unlink()
    again = parse_scenario(scenario_yaml(scenario), "effective.yaml")
    assert again == scenario
    assert load_facts(again)["baseline_rate_per_s"] == 3.0


@contextmanager
def prometheus(status, answer):
    """A stand-in that gives one answer and remembers what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def vector(*values):
    result = [{"metric": {"pod": str(n)}, "value": [0, value]} for n, value in enumerate(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.mark.parametrize(
    "answer",
    [vector("42.5"), {"status": "success", "data": {"resultType": "scalar", "result": [0, "42.5"]}}],
    ids=["vector", "scalar"],
)
def test_a_query_gives_the_baseline(tmp_path, answer, monkeypatch):
    """One instant query; user and password of the address are not written down."""
    with prometheus(200, answer) as (address, asked):
        monkeypatch.setenv("PROM", address.replace("http://", "http://user:geheim@"))
        text = "{promql: 'sum(rate(x[1h]))', prometheus: '${env:PROM}'}"
        scenario = read_scenario(write(tmp_path, text))
    assert scenario.baseline_rate_per_s == 42.5
    assert asked == ["/api/v1/query?query=sum%28rate%28x%5B1h%5D%29%29"]
    assert scenario.read_from["prometheus"] == address
    assert "geheim" not in scenario_yaml(scenario)


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (200, vector(), "gives nothing at http"),
        (200, vector("1", "2"), "gives 2 series at http"),
        (200, vector("NaN"), "gives NaN at http"),
        (200, vector("0"), "gives 0 at http"),
        (200, {"status": "success", "data": {"resultType": "matrix", "result": []}}, "gives a matrix, not one number"),
        (400, {"status": "error", "error": "parse error at char 4"}, "refused 'up': parse error at char 4"),
        (502, b"<html>bad gateway", "does not answer as Prometheus does: HTTP 502"),
    ],
)
def test_an_answer_that_is_no_rate_names_the_query_or_the_address(tmp_path, status, answer, said):
    """Silence, several series, NaN, zero and refusals end the run before it begins, each with its next step."""
    with prometheus(status, answer) as (address, _), pytest.raises(HarnessError) as caught:
        read_scenario(write(tmp_path, f"{{promql: up, prometheus: '{address}'}}"))
    assert said in caught.value.what
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_a_prometheus_that_is_not_there_is_named(tmp_path):
    """Port 9 of this machine answers nothing."""
    with pytest.raises(HarnessError, match=r"Prometheus at http://127\.0\.0\.1:9 cannot be asked.*no connection"):
        read_scenario(write(tmp_path, "{promql: up, prometheus: 'http://127.0.0.1:9'}"))


@pytest.mark.parametrize(
    ("baseline", "said"),
    [
        ("{}", "line 3, baseline: give one of rate, access_log, promql"),
        ("{rate: 3/s, promql: up}", "line 3, baseline: give one of rate, access_log, promql"),
        ("{access_log: none.log}", "line 3, baseline.access_log: there is no file"),
        ("{access_log: empty.log, quantile: 2}", "line 3, baseline.quantile: input should be less than or equal to 1"),
        ("{access_log: empty.log, window: 0s}", "line 3, baseline.window: input should be greater than 0"),
        ("{access_log: empty.log, format: xml}", "'xml' is not known here (known: 'combined', 'json' or 'csv')"),
        ("{access_log: empty.log, fields: {time: ts}}", "the combined format has no fields to name"),
        ("{access_log: empty.log, format: json, fields: {tme: ts}}", "unknown key 'tme' (did you mean time?"),
        ("{access_log: empty.log, match: '('}", "'(' is not a regular expression"),
        (
            "{access_log: empty.log, prometheus: 'http://x'}",
            "prometheus does not go with access_log",
        ),
        ("{promql: up, window: 3s, prometheus: 'http://x'}", "baseline.window: window does not go with promql"),
        ("{promql: up}", "line 3, baseline: the key 'prometheus' is missing (or export PROMETHEUS_URL)"),
        ("{promql: up, prometheus: 'prom:9090'}", "'prom:9090' is not an address such as http://prometheus:9090"),
        ("{promql: up, prometheus: '${env:NO_SUCH_VAR}'}", "the environment variable NO_SUCH_VAR is not set"),
        ("{promql: up, prometheus: '${env:a b}'}", "${env:a b} does not name an environment variable"),
        ("fast", "line 3, baseline: 'fast' is not a rate such as 100/s"),
        ("[1]", "line 3, baseline: [1] is not a rate"),
    ],
)
def test_each_mistake_in_a_baseline_has_its_words(tmp_path, baseline, said, monkeypatch):
    """Told with line and key, before anything is read."""
    monkeypatch.delenv("PROMETHEUS_URL", raising=False)
    (tmp_path / "empty.log").touch()
    with pytest.raises(ScenarioError) as caught:
        read_scenario(write(tmp_path, baseline))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("counts", "how", "said"),
    [
        ([], "quantile: 1", "has no request that counts: it is empty"),
        ([1, 0, 0, 0, 0, 1, 1], "quantile: 0.3", "at quantile 0.3 its windows of 1 s hold no request"),
        ([2, 2], "window: 100ms", "knows whole seconds only"),
    ],
)
def test_a_log_that_says_nothing_is_an_error(tmp_path, counts, how, said):
    """A baseline is above zero, and comes from what the log knows."""
    log_of(tmp_path, counts)
    with pytest.raises(HarnessError) as caught:
        read_scenario(write(tmp_path, "{access_log: access.log, " + how + "}"))
    assert said in caught.value.what
    assert caught.value.hint
