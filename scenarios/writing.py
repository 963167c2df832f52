"""From a Scenario back to YAML: the effective settings of a run, readable again; and the facts runs must share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import yaml

from scenarios.abort import Abort
from scenarios.indicator import Indicator
from scenarios.objective import Objective
from scenarios.parts_writing import client_document, replay_document, target_document, workload_document
from scenarios.scenario import Scenario
from scenarios.stage import Stage
from scenarios.stage_reading import shape_document
from scenarios.think_reading import think_document


def scenario_document(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario as a file would hold it, every default written out; reading it gives an equal scenario."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        **_offer(scenario),
        "arrivals": scenario.law.value,
        "seed": scenario.seed,
        "trials": scenario.trials,
        "tolerance": scenario.tolerance,
        "target": target_document(scenario.target),
        **({} if scenario.replay else {"workload": workload_document(scenario.workload)}),
        "stages": [_stage(stage, scenario) for stage in scenario.stages],
        "variants": [
            {
                "name": variant.name,
                **({"profile": variant.profile} if variant.profile else {}),
                "settings": dict(variant.settings),
                **({"faults": dict(variant.faults)} if variant.faults else {}),
            }
            for variant in scenario.variants
        ],
        "indicators": {indicator.name: _indicator(indicator) for indicator in scenario.indicators},
        "objectives": [_objective(objective) for objective in scenario.objectives],
        "validity": {
            "lateness_p99": scenario.validity.lateness_p99_s,
            "lateness_share": scenario.validity.lateness_share,
            "sent_ratio": scenario.validity.sent_ratio,
            "littles_law_gap": scenario.validity.littles_law_gap,
            "generator_cpu": scenario.validity.generator_cpu,
            "missing_seconds": scenario.validity.missing_seconds,
        },
    }


def scenario_yaml(scenario: Scenario) -> str:
    """Return the effective scenario as YAML text."""
    return yaml.safe_dump(scenario_document(scenario), sort_keys=False, allow_unicode=True, width=120)


def load_facts(scenario: Scenario) -> dict[str, Any]:
    """Return what two runs must share before their numbers may be compared, as flat `key: value` facts.

    Objectives, trials and variants may differ; the load, its randomness and the caller's patience may not.
    """
    facts = {
        "scenario": scenario.name,
        "baseline_rate_per_s": scenario.baseline_rate_per_s,
        "arrivals": scenario.law.value,
        "seed": scenario.seed,
        "target.kind": scenario.target.kind,
        "target.timeout_s": scenario.target.timeout_s,
        "target.connections": scenario.target.connections,
        **_flat("target", client_document(scenario.target)),
    }
    for index, stage in enumerate(scenario.stages):
        shapes = {f"shapes[{nth}]": shape_document(its) for nth, its in enumerate(stage.shapes)}
        facts |= _flat(f"stages[{index}]", _level(stage) | shapes)
    for index, operation in enumerate(scenario.workload.operations):
        facts |= _flat(f"operations[{index}]", asdict(operation))
    queries = scenario.workload.queries
    facts |= {"queries.distinct": queries.distinct, "queries.zipf_exponent": queries.zipf_exponent}
    return facts | _rarer_facts(scenario)


def _rarer_facts(scenario: Scenario) -> dict[str, Any]:
    """Return what only some scenarios have, so that runs of the others look as they always did."""
    offer = {key: value for key, value in _offer(scenario).items() if key != "baseline"}
    facts = _flat("offer", offer)
    facts.pop("offer.replay.survey.notes", None)
    workload = workload_document(scenario.workload)
    queries = {key: value for key, value in workload["queries"].items() if key not in ("distinct", "zipf", "file")}
    facts |= _flat("queries", queries) | _flat("callers", workload.get("callers", {}))
    for index, session in enumerate(workload.get("sessions", ())):
        facts |= _flat(f"sessions[{index}]", session)
    target = target_document(scenario.target)
    for index, request in enumerate(target.get("requests", ())):
        facts |= _flat(f"target.requests[{index}]", request)
    return facts | _flat("target.headers", target.get("headers", {}))


def _offer(scenario: Scenario) -> dict[str, Any]:
    """Return how much 1x is, as a file would hold it: `baseline`, `closed` or `replay`."""
    if scenario.closed is not None:
        think = think_document(scenario.closed.think_time)
        return {"closed": {"users": scenario.closed.users, "think_time": think}}
    if scenario.replay is not None:
        return {"replay": replay_document(scenario.replay)}
    rate = f"{scenario.baseline_rate_per_s!r}/s"
    if scenario.read_from:
        return {"baseline": {"rate": rate, "read_from": dict(scenario.read_from)}}
    return {"baseline": rate}


def _level(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "multiplier": stage.multiplier,
        "rate_per_s": stage.rate_per_s,
        "duration_s": stage.duration_s,
        "kind": stage.kind.value,
        **({"users": stage.users} if stage.users else {}),
    }


def _stage(stage: Stage, scenario: Scenario) -> dict[str, Any]:
    shapes = [shape_document(shape) for shape in stage.shapes]
    level: dict[str, Any] = {"users": stage.users} if scenario.closed else {"rate": stage.rate_per_s}
    if scenario.replay:
        level = {"multiplier": stage.multiplier}
    return {
        "name": stage.name,
        **level,
        "duration": stage.duration_s,
        "kind": stage.kind.value,
        **({"shape": shapes} if shapes else {}),
    }


def _indicator(indicator: Indicator) -> dict[str, Any]:
    return {
        "promql": indicator.promql,
        "unit": indicator.unit.value,
        "title": indicator.title,
        "higher_is_better": indicator.higher_is_better,
        **({"by": indicator.by} if indicator.by else {}),
    }


def _objective(objective: Objective) -> dict[str, Any]:
    return {
        "indicator": objective.indicator.name,
        "criteria": [criterion.text for criterion in objective.criteria],
        **({"operation": objective.operation} if objective.operation else {}),
        "stages": list(objective.stages),
        "severity": objective.severity.value,
        "key": objective.key,
        "optional": objective.optional,
        **_abort(objective.abort),
    }


def _abort(abort: Abort | None) -> dict[str, Any]:
    if abort is None:
        return {}
    window = {} if abort.window_s is None else {"abort_window": abort.window_s}
    return {"abort_on_fail": True, "delay_abort_eval": abort.delay_s, **window}


def _flat(prefix: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        flat: dict[str, Any] = {}
        for key, inner in value.items():
            flat |= _flat(f"{prefix}.{key}", inner)
        return flat
    return {prefix: value}
