"""docs/scenarios.md knows every key."""

from __future__ import annotations

import re
from pathlib import Path

from scenarios.schema import ScenarioPart

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def keys(model, found):
    """Every key that may be written in a scenario, by its name in the file."""
    for name, field in model.model_fields.items():
        found.add(field.alias or name)
        stack = [field.annotation]
        while stack:
            annotation = stack.pop()
            stack += list(getattr(annotation, "__args__", ()))
            if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
                keys(annotation, found)
    return found


def test_every_key_of_a_scenario_is_explained():
    """The page speaks of each key, in code."""
    code = " ".join(re.findall(r"```.*?```|`[^`]+`", TEXT, re.DOTALL))
    told = set(re.findall(r"\w+", code))
    by_a_run = {"read_from", "begins", "per_second", "others", "notes"}  # written by a run, not by people
    assert keys(ScenarioPart, set()) - by_a_run <= told
