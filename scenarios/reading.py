"""From YAML text to a Scenario: every mistake is found in one pass and told with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from scenarios.assembly import assemble, objective_mistakes
from scenarios.errors import HarnessError
from scenarios.mistake import Mistake, ScenarioError, known
from scenarios.places import Path, Placed, dotted, load
from scenarios.scenario import Scenario
from scenarios.schema import ScenarioPart

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


def read_scenario(path: FilePath) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: with every mistake of the file, each with its line and what is known.
        HarnessError: when the file cannot be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path} cannot be read: {error}", hint="give a UTF-8 text file in YAML") from error
    return parse_scenario(text, str(path))


def parse_scenario(text: str, file: str) -> Scenario:
    """Read a scenario from YAML text; `file` names it in messages.

    Raises:
        ScenarioError: with every mistake.
    """
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
        mistakes += [_translated(fault, placed) for fault in error.errors()] + objective_mistakes(placed)
        raise ScenarioError(file, mistakes) from error
    scenario, faults = assemble(part, placed)
    mistakes += faults
    if mistakes or scenario is None:
        raise ScenarioError(file, mistakes)
    return scenario


def _translated(fault: Any, placed: Placed) -> Mistake:
    """Turn one of pydantic's errors into a mistake in the words of the file."""
    # pydantic appends names of union members to the path; keep what is in the file and the missing key itself
    path: Path = tuple(fault["loc"])
    while len(path) > 1 and path not in placed.lines and path[:-1] not in placed.lines:
        path = path[:-1]
    line, where = placed.line(path), dotted(path)
    match fault["type"]:
        case "extra_forbidden":
            return Mistake(line, dotted(path[:-1]), f"unknown key {path[-1]!r}", known(_keys(path[:-1]), str(path[-1])))
        case "missing":
            return Mistake(line, dotted(path[:-1]), f"the key {path[-1]!r} is missing")
        case "enum":
            return Mistake(line, where, f"{fault['input']!r} is not known here", f"known: {fault['ctx']['expected']}")
        case "value_error":
            return Mistake(line, where, f"{fault['input']!r} is not {fault['ctx']['error']}")
        case "string_pattern_mismatch" if path[-1:] == ("url",):
            return Mistake(line, where, f"{fault['input']!r} is not an address such as http://127.0.0.1:8080")
        case "string_pattern_mismatch":
            rule = "letters, digits and . _ - only, 64 at most, starting with a letter or digit"
            return Mistake(line, where, f"{fault['input']!r} is not a name", rule)
        case "model_type" | "dict_type":
            return Mistake(line, where, f"a mapping is needed here, got {fault['input']!r}", known(_keys(path)))
        case _:
            return Mistake(line, where, f"{fault['msg'][:1].lower()}{fault['msg'][1:]}, got {fault['input']!r}")


def _keys(path: Path) -> list[str]:
    """Return the keys that may be written in the mapping at a path."""
    model: Any = ScenarioPart
    for step in path:
        if isinstance(step, str) and _is_model(model):
            field = model.model_fields.get(step)
            model = field.annotation if field else None
        model = next(_models(model), None)
    return list(model.model_fields) if _is_model(model) else []


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _models(annotation: Any) -> Iterator[Any]:
    if _is_model(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
