"""Generate: write the dashboards of a scenario, and tell where files on disk differ from what would be written."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from dashboards.internals import internals
from dashboards.overview import overview
from dashboards.parts import parts
from dashboards.saving import finalise, to_text
from dashboards.settings import settings_of
from scenarios.scenario import Scenario

GENERATED = Path(__file__).parent / "generated"
"""The committed dashboards: those of the library's demo."""


def documents(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Return the dashboards of a scenario as JSON, by file name."""
    settings = settings_of(scenario)
    dashboards = [finalise(make(settings)) for make in (overview, internals, parts)]
    return {f"{dashboard['uid']}.json": dashboard for dashboard in dashboards}


def write(folder: Path, scenario: Scenario) -> list[Path]:
    """Write the dashboards of a scenario into the folder, which is made if missing, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, document in documents(scenario).items():
        path = folder / name
        path.write_text(to_text(document), encoding="utf-8")
        paths.append(path)
    return paths


def differences(folder: Path, scenario: Scenario) -> list[str]:
    """Return a unified diff from the files in the folder to what `write` would write; empty when they are equal.

    A dashboard that is missing is all additions; a JSON file that nothing generates is named.
    """
    wanted = {name: to_text(document) for name, document in documents(scenario).items()}
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}
    lines: list[str] = []
    for name, text in wanted.items():
        lines += difflib.unified_diff(
            found.get(name, "").splitlines(),
            text.splitlines(),
            f"{folder.name}/{name}",
            f"generated/{name}",
            lineterm="",
        )
    return lines + [f"{folder.name}/{name}: nothing generates this file" for name in found if name not in wanted]
