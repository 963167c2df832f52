"""Runs that several tests look at, made up once."""

from __future__ import annotations

import pytest

from loadtests.run import Run
from reports.assembling import assemble
from reports.findings import Findings, find
from reports.report import Report
from scenarios.scenario import Variant
from tests.reports.synthetic import Recipe, overloaded_before, scenario_from


@pytest.fixture(scope="session")
def run_before_after(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Before breaks at 5x; after keeps every promise."""
    folder = tmp_path_factory.mktemp("runs") / "20261120T180211Z-synthetic-4f1c2ab"
    return Recipe(manners=overloaded_before()).write(folder)


@pytest.fixture(scope="session")
def findings_before_after(run_before_after: Run) -> Findings:
    """What that run says."""
    return find(run_before_after)


@pytest.fixture(scope="session")
def report_before_after(findings_before_after: Findings) -> Report:
    """What a reader sees of that run."""
    return assemble(findings_before_after)


@pytest.fixture(scope="session")
def run_aa(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Both variants are the same setting."""
    variants = (Variant("before", "optimized"), Variant("after", "optimized"))
    return Recipe(scenario=scenario_from(variants=variants)).write(tmp_path_factory.mktemp("runs") / "aa")


@pytest.fixture(scope="session")
def run_alone(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One variant, one trial, and no promise about a change."""
    promises = tuple(its for its in scenario_from().objectives if its.criteria[0].change is None)
    alone = scenario_from(variants=(Variant("service", "optimized"),), trials=1, objectives=promises)
    return Recipe(scenario=alone).write(tmp_path_factory.mktemp("runs") / "alone")
