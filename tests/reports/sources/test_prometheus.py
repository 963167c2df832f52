"""The Prometheus source: against a server that answers as told, and against a real one with known data."""

from __future__ import annotations

import json
import math
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from loadtests.manifest import TrialRecord
from loadtests.server import ServerSeries, ServerValue
from loadtests.services.ports import free_port
from reports.sources import make_source
from reports.sources.prometheus import PrometheusSource, filled
from scenarios.indicator import Indicator, IndicatorKind, Unit
from tests.reports.synthetic import scenario_from

HITS = Indicator("hits", IndicatorKind.PROMQL, Unit.RATIO, "hits", True, "hits{$target}[$window]")
SPLIT = Indicator("where", IndicatorKind.PROMQL, Unit.SECONDS, "where", False, "where{$target}[$window]", "stage")
STARTED = 1_795_000_000.25
RECORD = TrialRecord(3, 1, "after", 7, started_unix=STARTED)


@dataclass
class Asked:
    """A server that answers every query alike and remembers what it was asked."""

    url: str = ""
    answer: Any = None
    status: int = 200
    queries: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def serving(asked: Asked) -> Iterator[Asked]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlsplit(self.path)
            asked.queries.append(
                {key: values[0] for key, values in parse_qs(address.query).items()} | {"path": address.path}
            )
            body = asked.answer if isinstance(asked.answer, bytes) else json.dumps(asked.answer).encode()
            self.send_response(asked.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        asked.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def vector(*values, **labels):
    """A successful answer to an instant query."""
    rows = [
        {"metric": {key: its[n] for key, its in labels.items()}, "value": [1.0, value]}
        for n, value in enumerate(values)
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": rows}}


def values_of(answer, indicator=HITS, record=RECORD, status=200):
    """What the source makes of one answer, for the first judged stage."""
    with serving(Asked(answer=answer, status=status)) as asked:
        found = make_source(asked.url).read(scenario_from(indicators=(indicator,)), "run", record)
    return [its for its in found if isinstance(its, ServerValue) and its.stage == "1x"], asked.queries


def test_each_stage_is_asked_at_its_end_over_its_own_length():
    """1x runs from second 2 to 9: asked at 9, over 6 s, for the first second still holds the stage before."""
    (value,), queries = values_of(vector("0.91"))
    assert value == ServerValue(3, "1x", "hits", 0.91)
    first = queries[0]
    assert first["path"] == "/api/v1/query"
    assert first["query"] == 'hits{testid="run",trial="3",job="service"}[6s]'
    assert float(first["time"]) == pytest.approx(STARTED + 9, abs=0.001)
    assert [query["query"].partition("[")[2] for query in queries if query["path"] == "/api/v1/query"] == [
        "6s]",
        "5s]",
        "5s]",
        "5s]",
        "6s]",
    ]


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (vector("NaN"), "not measured: NaN (nothing to divide by)"),
        (vector("+Inf"), "not measured: +Inf (beyond the last bucket, or divided by zero)"),
        (vector(), "not measured: no data"),
        (vector("1", "2", stage=["a", "b"]), "not measured: 2 series, where one number was expected"),
        (b"<html>a proxy's page</html>", "not measured: Prometheus at "),
        ({"status": "success", "data": {}}, "not measured: Prometheus at "),
    ],
)
def test_what_is_no_number_is_not_measured(answer, note):
    """None and why; never 0, never NaN, never an exception."""
    (value,), _ = values_of(answer)
    assert value.value is None
    assert value.note.startswith(note)


def test_a_refused_query_is_told_and_the_next_one_is_asked():
    """A mistake in one query says nothing about the others."""
    (value,), queries = values_of({"status": "error", "error": "parse error"}, status=400)
    assert value.value is None
    assert "Prometheus refused the query" in value.note
    assert "parse error" in value.note
    assert len(queries) == 6


def test_a_scalar_is_a_number_too():
    """`scalar(...)` answers with a pair instead of a list of series."""
    (value,), _ = values_of({"status": "success", "data": {"resultType": "scalar", "result": [1.0, "4.5"]}})
    assert value.value == 4.5


def test_a_split_indicator_gives_a_value_for_each_part():
    """By label; a part that is not a number is told apart, and there is no series of a whole."""
    found, queries = values_of(vector("0.2", "NaN", stage=["embed", "ann"]), SPLIT)
    assert [(its.label, its.value) for its in found] == [("embed", 0.2), ("ann", None)]
    assert {query["path"] for query in queries} == {"/api/v1/query"}


def test_a_series_runs_over_the_trial_second_by_second():
    """Step 1 s, rates over 5 s, times since the plan's start, what is no number left out."""
    points = [[math.ceil(STARTED), "1"], [math.ceil(STARTED) + 1, "NaN"], [math.ceil(STARTED) + 2, "3"]]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": points}]}}
    with serving(Asked(answer=answer)) as asked:
        source = PrometheusSource(asked.url)
        (found,) = source._series(HITS, 34.0, "run", RECORD)
    assert found == ServerSeries(3, "hits", ((0.75, 1.0), (2.75, 3.0)))
    (query,) = asked.queries
    assert (query["step"], query["query"]) == ("1", 'hits{testid="run",trial="3",job="service"}[5s]')
    assert (int(query["start"]), int(query["end"])) == (1_795_000_001, 1_795_000_034)


def test_an_unreachable_server_is_asked_once():
    """Refused connections are told quickly, and not once for each of forty queries."""
    scenario = scenario_from()
    found = PrometheusSource(f"http://127.0.0.1:{free_port()}", timeout_s=0.5).read(scenario, "run", RECORD)
    notes = {its.note for its in found if isinstance(its, ServerValue)}
    assert len(found) == 15
    assert all(note.startswith("not measured: Prometheus at http://127.0.0.1:") for note in notes)


def test_a_trial_that_never_began_is_not_asked_about():
    """There is no stage whose end could be asked for."""
    found, queries = values_of(vector("1"), record=TrialRecord(0, 0, "after", 1))
    assert found[0].note == "not measured: the trial never began"
    assert queries == []


def test_labels_are_escaped():
    """A run's name may hold quotes; it must not end the matcher."""
    assert filled("x{$target}", 'a"b\\c\nd', RECORD, 5) == 'x{testid="a\\"b\\\\c\\nd",trial="3",job="service"}'


@pytest.mark.parametrize(
    ("url", "why", "note"), [(None, "", "there is no Prometheus"), ("", "switched off", "switched off")]
)
def test_without_prometheus_everything_is_not_measured(url, why, note):
    """Every indicator of every judged stage says why."""
    found = make_source(url, why).read(scenario_from(), "run", RECORD)
    assert {(its.value, its.note) for its in found} == {(None, f"not measured: {note}")}
    assert len(found) == 15


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, float]]:
    """A real Prometheus over blocks written by promtool: counters that grow by 10 and 9 a second."""
    folder = tmp_path_factory.mktemp("prometheus")
    began = float(int(time.time()) - 3 * 3600)
    _write_blocks(folder, began)
    port = free_port()
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder / 'empty.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: requests.get(f"{url}/-/ready", timeout=1).ok)
        yield url, began
    finally:
        process.terminate()
        process.wait(10)


def _write_blocks(folder: Path, began: float) -> None:
    (folder / "empty.yml").write_text("{}\n", encoding="utf-8")
    lines = []
    for name, per_s, trial in (("all_total", 10, 0), ("good_total", 9, 0), ("all_total", 5, 1)):
        labels = f'{{testid="it\\"s",trial="{trial}",job="service"}}'
        lines += [f"# TYPE {name.removesuffix('_total')} counter"] if trial == 0 else []
        lines += [f"{name}{labels} {per_s * t} {began + t:.3f}" for t in range(60)]
    (folder / "data.txt").write_text("\n".join([*sorted(lines, key=_family), "# EOF"]) + "\n", encoding="utf-8")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "data.txt"), str(folder / "data")],
        check=True,
        capture_output=True,
    )


def _family(line: str) -> tuple[str, int]:
    """Order lines by metric, the type first: what OpenMetrics asks for."""
    name = line.split()[2] if line.startswith("#") else line.partition("_total")[0]
    return name, 0 if line.startswith("#") else 1


def _until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except requests.RequestException:
            pass
        threading.Event().wait(0.05)
    raise TimeoutError("Prometheus did not become ready")


def test_a_real_prometheus_answers_with_the_numbers_that_are_in_it(prometheus):
    """9 of 10 a second are hits: 90 %; 60 hits in 6 s; trial 1 counted half as fast and no hits at all."""
    url, began = prometheus
    ratio = "sum(increase(good_total{$target}[$window])) / sum(increase(all_total{$target}[$window]))"
    scenario = scenario_from(
        indicators=(
            Indicator("hits", IndicatorKind.PROMQL, Unit.RATIO, "hits", True, ratio),
            Indicator(
                "rate", IndicatorKind.PROMQL, Unit.PER_SECOND, "rate", True, "sum(rate(all_total{$target}[$window]))"
            ),
            Indicator(
                "by_job", IndicatorKind.PROMQL, Unit.COUNT, "by job", False, "sum by (job) (all_total{$target})", "job"
            ),
        )
    )
    source = make_source(url)
    first = source.read(scenario, 'it"s', TrialRecord(0, 0, "after", 1, started_unix=began))
    values = {(its.name, its.stage, its.label): its.value for its in first if isinstance(its, ServerValue)}
    assert values["hits", "1x", ""] == pytest.approx(0.9)
    assert values["rate", "10x", ""] == pytest.approx(10.0)
    assert values["by_job", "2x", "service"] == 150.0  # at the end of 2x, second 15
    (series,) = [its for its in first if isinstance(its, ServerSeries) and its.name == "rate"]
    assert {round(value, 6) for t, value in series.points if t > 5} == {10.0}
    second = source.read(scenario, 'it"s', TrialRecord(1, 0, "after", 1, started_unix=began))
    values = {(its.name, its.stage): (its.value, its.note) for its in second if isinstance(its, ServerValue)}
    assert values["rate", "1x"] == (pytest.approx(5.0), "")
    assert values["hits", "1x"] == (None, "not measured: no data")
