"""View: what the Tenfold tab shows, as plain data; texts are data here too, and become text nodes in the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from loadtests.live import LiveVerdict
from loadtests.live_course import LiveCourse
from loadtests.loss import WorkerLoss
from scenarios.objective import Objective
from scenarios.scenario import Scenario
from scenarios.stage import StageKind

PERCENTILES = (50, 95, 99)


def plan_view(scenario: Scenario, now_s: float | None) -> dict[str, Any]:
    """Return the stages and how far the plan has come; `now_s` None means that it has not begun."""
    at_s = -1.0 if now_s is None else now_s
    running = next((its.name for its in scenario.windows if its.start_s <= at_s < its.end_s), "")
    return {
        "title": scenario.title,
        "scenario": scenario.name,
        "now_s": max(0.0, min(at_s, scenario.duration_s)),
        "duration_s": scenario.duration_s,
        "stage": running,
        "stages": [
            {
                "name": its.name,
                "start_s": its.start_s,
                "end_s": its.end_s,
                "rate_per_s": round(its.stage.mean_rate_per_s, 1),
                "warmup": its.stage.kind is StageKind.WARMUP,
            }
            for its in scenario.windows
        ],
    }


def course_view(course: LiveCourse) -> dict[str, Any]:
    """Return rates, latencies in seconds, and the generators' health."""
    return {
        "course": course.rows(),
        "latencies": {
            name: {f"p{its}": _number(histogram.quantile(its / 100)) for its in PERCENTILES}
            for name, histogram in course.latencies().items()
        },
        "health": [
            {
                "worker": worker,
                "lateness_p99_s": _number(its.lateness.quantile(0.99)),
                "cpu": its.cpu_share,
                "in_flight": its.in_flight,
                "waiting": its.waiting_peak,
            }
            for worker, its in sorted(course.health.items())
        ],
    }


def verdict_view(its: LiveVerdict, objective: Objective) -> dict[str, Any]:
    """Return how a promise stands; a value that is not finite is null."""
    return {
        "title": objective.indicator.title,
        "unit": objective.indicator.unit.value,
        "criterion": its.criterion.text,
        "stage": its.stage,
        "operation": its.operation,
        "value": _number(its.value),
        "samples": its.samples,
        "needed": its.needed,
        "standing": its.standing.value,
        "aborts": objective.abort is not None,
        "severity": objective.severity.value,
    }


def loss_view(its: WorkerLoss) -> dict[str, Any]:
    """Return a lost worker."""
    return {"worker": its.worker, "name": its.name, "sentence": its.sentence}


def links_view(environ: Mapping[str, str]) -> list[dict[str, str]]:
    """Return where to see more; only what a browser opens as a page."""
    told = (("Prometheus", environ.get("PROMETHEUS_URL", "")), ("Grafana", environ.get("GRAFANA_URL", "")))
    return [{"title": title, "url": url} for title, url in told if url.startswith(("http://", "https://"))]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
