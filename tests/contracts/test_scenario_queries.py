"""The queries in the scenario library speak of metrics that exist."""

from __future__ import annotations

import re

import pytest

import loadtests.metric_names
import target_stub.metric_names
from scenarios.reading import find, library_names, read_scenario

SUFFIX = re.compile(r"_(bucket|sum|count)$")
NAME = re.compile(r"\b([a-z][a-z0-9_]+)\{")
OF_EVERY_PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}


def known_names():
    modules = (loadtests.metric_names, target_stub.metric_names)
    values = [value for module in modules for value in vars(module).values() if isinstance(value, str)]
    return set(values) | OF_EVERY_PROCESS


@pytest.mark.parametrize("name", library_names())
def test_every_metric_in_a_query_has_a_home(name):
    """A query over a metric that nobody exports would be 'not measured' for ever."""
    for indicator in read_scenario(find(name)).indicators:
        metrics = NAME.findall(indicator.promql or "")
        assert metrics
        assert {SUFFIX.sub("", metric) for metric in metrics} <= known_names()


@pytest.mark.parametrize("name", library_names())
def test_every_query_says_which_target_it_is_about(name):
    """Without `$target` a query would mix the trials of both variants."""
    for indicator in read_scenario(find(name)).indicators:
        selectors = re.findall(r"\{([^}]*)\}", indicator.promql or "")
        assert selectors
        assert all("$target" in selector for selector in selectors)
