"""One metric name has one home."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import dashboards as package
from loadtests import metric_names as generator
from target_stub import metric_names as service

FOLDER = Path(package.__file__).parent
NAMES = {
    value
    for module in (generator, service)
    for key, value in vars(module).items()
    if key.isupper() and isinstance(value, str) and "_" in value
}
OUTSIDE = ("process_", "python_gc_", "scrape_")  # what the client library and Prometheus itself name


def literals(file: Path) -> Iterator[str]:
    """Yield the strings of a module, the parts of f-strings too, without docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value


def test_there_are_names_to_look_for() -> None:
    """The search below would pass for ever over an empty set."""
    assert {"http_server_request_duration_seconds", "loadtest_request_duration_seconds", "cache_entries"} <= NAMES


def test_no_module_of_the_dashboards_spells_a_metric_name() -> None:
    """Names come from the two modules that own them; a renamed metric is renamed everywhere."""
    pattern = re.compile(rf"\b({'|'.join(sorted(NAMES))})(_bucket|_sum|_count)?\b")
    spelled = {
        f"{file.name}: {text}" for file in FOLDER.glob("*.py") for text in literals(file) if pattern.search(text)
    }
    assert spelled == set()


def test_names_that_are_not_ours_have_one_home_too() -> None:
    """What the client library and Prometheus name is spelled in `queries` and nowhere else."""
    homes = {file.name for file in FOLDER.glob("*.py") for text in literals(file) if text.startswith(OUTSIDE)}
    assert homes == {"queries.py"}


def test_every_metric_is_looked_at(dashboards: dict[str, dict]) -> None:
    """A metric that no panel, variable or annotation asks for costs a series and tells nobody anything."""
    text = "\n".join(str(dashboard) for dashboard in dashboards.values())
    assert {name for name in NAMES if not re.search(rf"\b{name}(_bucket|_sum|_count)?\b", text)} == set()
