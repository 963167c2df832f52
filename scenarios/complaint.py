"""Complaint: one of the schema's errors, told as a mistake in the words of the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from scenarios.mistake import Mistake, known
from scenarios.places import Path, Placed, dotted, written
from scenarios.schema import ScenarioPart

_WANTED = {
    "url": "an address such as http://127.0.0.1:8080",
    "class": "a class such as my_module:MyTarget",
    "path": "a path such as /search",
    "health": "a path such as /search",
    "method": "a method such as GET",
    "methods": "a method such as GET",
    "status": "a status such as 200 or 2xx",
    "statuses": "a status such as 200 or 2xx",
    "header": "the name of a header",
    "headers": "the name of a header",
    "user_header": "the name of a header",
    "priority_header": "the name of a header",
    "extract": "a name of letters, digits and _",
}
"""What is written at keys whose values have a form of their own; everywhere else it is a name."""


def _wanted(path: Path) -> str | None:
    return next((_WANTED[step] for step in reversed(path[-2:]) if isinstance(step, str) and step in _WANTED), None)


def mistake_of(fault: Any, placed: Placed) -> Mistake:
    """Return the mistake behind one entry of pydantic's `ValidationError.errors()`."""
    loc: Path = tuple(fault["loc"])
    path = written(loc, placed.data)
    line, where = placed.line(path), dotted(path)
    match fault["type"]:
        case "extra_forbidden":
            return Mistake(line, dotted(path[:-1]), f"unknown key {path[-1]!r}", known(_keys(loc[:-1]), str(path[-1])))
        case "missing":
            return Mistake(line, dotted(path[:-1]), f"the key {path[-1]!r} is missing")
        case "enum" | "literal_error":
            return Mistake(line, where, f"{fault['input']!r} is not known here", f"known: {fault['ctx']['expected']}")
        case "union_tag_not_found":
            tag = fault["ctx"]["discriminator"].strip("'")
            return Mistake(line, where, f"the key {tag!r} is missing", f"known: {_tags(loc)}")
        case "union_tag_invalid":
            tag, expected = fault["ctx"]["tag"], fault["ctx"]["expected_tags"].replace("'", "")
            return Mistake(line, where, f"{tag!r} is not known here", known(expected.split(", "), tag))
        case "value_error":
            return Mistake(line, where, f"{fault['input']!r} is not {fault['ctx']['error']}")
        case "string_pattern_mismatch" if (wanted := _wanted(path)) is not None:
            return Mistake(line, where, f"{fault['input']!r} is not {wanted}")
        case "string_pattern_mismatch":
            rule = "letters, digits and . _ - only, 64 at most, starting with a letter or digit"
            return Mistake(line, where, f"{fault['input']!r} is not a name", rule)
        case "model_type" | "dict_type" | "model_attributes_type":
            return Mistake(line, where, f"a mapping is needed here, got {fault['input']!r}", known(_keys(loc)))
        case _:
            return Mistake(line, where, f"{fault['msg'][:1].lower()}{fault['msg'][1:]}, got {fault['input']!r}")


def _keys(loc: Path) -> list[str]:
    """Return the keys that may be written in the mapping at a place of the schema."""
    model = _model_at(loc)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _tags(loc: Path) -> str:
    """Return the kinds that may be written at a place where several models are possible."""
    annotation = _annotation_at(loc)
    kinds = [get_args(its.model_fields["kind"].annotation) for its in _models(annotation) if "kind" in its.model_fields]
    return ", ".join(str(kind[0]) for kind in kinds if kind)


def _model_at(loc: Path) -> type[BaseModel] | None:
    return next(_models(_annotation_at(loc)), None)


def _annotation_at(loc: Path) -> Any:
    """Follow a path of the schema: keys, places in lists, and the kind that chose among several models."""
    annotation: Any = ScenarioPart
    for step in loc:
        if not isinstance(step, str):
            continue
        models = list(_models(annotation))
        chosen = [its for its in models if _kind(its) == step]
        if chosen:
            annotation = chosen[0]
            continue
        fields = [field for its in models for name, field in its.model_fields.items() if step in (name, field.alias)]
        if fields:  # what a field's own Field() says is metadata; the annotation has the models
            annotation = fields[0].annotation
    return annotation


def _kind(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    kinds = get_args(field.annotation) if field else ()
    return str(kinds[0]) if len(kinds) == 1 else None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
