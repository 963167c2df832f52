"""From YAML text to a Scenario: every mistake is found in one pass and told with its line."""

from __future__ import annotations

from pathlib import Path as FilePath

import yaml
from pydantic import ValidationError

from scenarios.assembly import assemble, loose_mistakes
from scenarios.baseline import Measure, measured
from scenarios.complaint import mistake_of
from scenarios.errors import HarnessError
from scenarios.mistake import Mistake, ScenarioError
from scenarios.places import dotted, load
from scenarios.scenario import Scenario
from scenarios.schema import ScenarioPart
from scenarios.surroundings import Surroundings

LIBRARY = FilePath(__file__).parent / "library"
"""Scenarios that come with Tenfold; `tenfold run demo` finds `demo.yaml` here."""


def find(name: str) -> FilePath:
    """Return the file for a path or for the name of a scenario in the library.

    Raises:
        HarnessError: when neither exists.
    """
    path = FilePath(name)
    if path.is_file():
        return path
    in_library = LIBRARY / f"{name}.yaml"
    if path.name == name and in_library.is_file():
        return in_library
    raise HarnessError(
        f"there is no scenario {name!r}",
        hint=f"give the path of a YAML file, or one of the library: {', '.join(sorted(library_names()))}",
    )


def library_names() -> list[str]:
    """Return the names of the scenarios that come with Tenfold."""
    return [path.stem for path in LIBRARY.glob("*.yaml")]


def read_scenario(path: FilePath, measure: Measure = measured) -> Scenario:
    """Read a scenario file; a baseline that has to be read from a log or a Prometheus is read now, by `measure`.

    Raises:
        ScenarioError: with every mistake of the file, each with its line and what is known.
        HarnessError: when the file cannot be read at all, or its baseline cannot.
    """
    return _read(path, Surroundings(path.parent, measure=measure))


def read_settled(path: FilePath) -> Scenario:
    """Read the scenario that a run wrote down; the files and variables that it names need not be there any more.

    Raises:
        ScenarioError, HarnessError: when it cannot be read.
    """
    return _read(path, Surroundings.of_a_run(path.parent))


def _read(path: FilePath, around: Surroundings) -> Scenario:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path} cannot be read: {error}", hint="give a UTF-8 text file in YAML") from error
    return parse_scenario(text, str(path), around)


def parse_scenario(text: str, file: str, around: Surroundings | None = None) -> Scenario:
    """Read a scenario from YAML text; `file` names it in messages, and paths in it start from the file's folder.

    Raises:
        ScenarioError: with every mistake.
        HarnessError: when a baseline cannot be read from its source.
    """
    around = around or Surroundings(FilePath(file).parent)
    try:
        placed = load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioError(file, [Mistake(line, "", f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ScenarioError(file, [Mistake(1, "", f"not YAML that can be read: {error}")]) from error
    mistakes = [Mistake(placed.line(path), dotted(path), "written twice") for path in placed.repeated]
    try:
        part = ScenarioPart.model_validate(placed.data)
    except ValidationError as error:
        mistakes += [mistake_of(fault, placed) for fault in error.errors()] + loose_mistakes(placed)
        raise ScenarioError(file, mistakes) from error
    scenario, faults = assemble(part, placed, around)
    mistakes += faults
    if mistakes or scenario is None:
        raise ScenarioError(file, mistakes)
    return scenario
