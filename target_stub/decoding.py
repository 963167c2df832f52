"""Decoding: from a JSON body to a checked type, or to a refusal that tells all mistakes with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from target_stub.request_error import MAX_MISTAKES, Mistake, bad_request, bad_requests, pointer

SMALL_BODY_BYTES = 65_536
"""What a request without documents may have: a query of 2 000 characters, each escaped in 12 bytes, takes 24 kB. Up to
here depth is counted and all mistakes are looked for; larger bodies hold documents, whose types bound their depth."""

MAX_DEPTH = 16  # objects and lists inside each other; a search with a filter has 5

Request = TypeVar("Request", bound=msgspec.Struct)

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
# the forms of msgspec's messages: "Expected `int` - at `$.params[0].k`", "Object contains unknown field `z` - at `$.a`"
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"^Object (?P<fault>contains unknown|missing required) field `(?P<name>.*)`$", re.DOTALL)


def decode(decoder: msgspec.json.Decoder[Request], body: bytes) -> Request:
    """Return the body as the decoder's type.

    Raises:
        RequestError: with status 400, telling up to `MAX_MISTAKES` mistakes.
    """
    small = len(body) <= SMALL_BODY_BYTES
    if small and body.count(b"[") + body.count(b"{") > MAX_DEPTH and depth(body) > MAX_DEPTH:
        raise bad_request("too_deep", f"objects and lists may be nested {MAX_DEPTH} deep, not deeper")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise bad_requests(_all_mistakes(decoder.type, body, str(error)) if small else [_first(str(error))]) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request("invalid_json", f"the body is not valid JSON: {error}") from error
    except RecursionError as error:
        raise bad_request("too_deep", "objects and lists are nested too deeply") from error


def depth(body: bytes) -> int:
    """Return how deep objects and lists are nested, counting brackets outside of strings."""
    now = deepest = 0
    for bracket in _BRACKETS.findall(_STRING.sub(b"", body)):
        now += 1 if bracket in b"[{" else -1
        deepest = max(deepest, now)
    return deepest


def _all_mistakes(kind: Any, body: bytes, message: str) -> Sequence[Mistake]:
    try:
        mistakes = []
        for mistake in _mistakes(kind, msgspec.json.decode(body), ()):
            mistakes.append(mistake)
            if len(mistakes) == MAX_MISTAKES:
                break
    except msgspec.DecodeError:  # beyond the first mistake it is not even JSON
        mistakes = []
    return mistakes or [_first(message)]


def _mistakes(kind: Any, value: Any, path: tuple[str | int, ...]) -> Iterator[Mistake]:
    """Yield what keeps the value from being of that kind, each with its place."""
    kind_inside, item_kind = _struct_in(kind), _item_in(kind)
    if kind_inside is not None and isinstance(value, dict):
        yield from _mistakes_in_object(kind_inside, value, path)
        return
    inside: list[Mistake] = []
    if item_kind is not None and isinstance(value, list):
        inside = [its for number, item in enumerate(value) for its in _mistakes(item_kind, item, (*path, number))]
    elif item_kind is not None and isinstance(value, dict):
        inside = [its for name, item in value.items() for its in _mistakes(item_kind, item, (*path, name))]
    if inside:
        yield from inside
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield _at(path, str(error), _choices_in(kind))


def _mistakes_in_object(
    kind: type[msgspec.Struct], value: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[Mistake]:
    fields = {its.encode_name: its for its in msgspec.structs.fields(kind)}
    for name, its in fields.items():
        if name in value:
            yield from _mistakes(its.type, value[name], (*path, name))
        elif its.required:
            yield _missing(pointer(*path, name))
    if kind.__struct_config__.forbid_unknown_fields:
        yield from (_unknown(pointer(*path, name), tuple(fields)) for name in value if name not in fields)


def _at(path: tuple[str | int, ...], message: str, choices: Sequence[str] | None) -> Mistake:
    """Return the mistake that msgspec's message tells; the value itself is at `path`."""
    place = _PLACE.match(message)
    what, rest = (place["what"], place["path"] or "") if place else (message, "")
    steps = tuple(int(number) if number else name for name, number in _STEP.findall(rest))
    named = _NAMED.match(what)
    if named:
        field = pointer(*path, *steps, named["name"])
        return _missing(field) if named["fault"] == "missing required" else _unknown(field, None)
    field = pointer(*path, *steps)
    detail = f"{field or 'body'}: {what}"
    if what.startswith("Invalid enum value"):
        return Mistake("unknown_value", detail, field or None, choices)
    code = "out_of_range" if re.search("[<>]|length", what) else "wrong_type"
    return Mistake(code, detail, field or None)


def _first(message: str) -> Mistake:
    return _at((), message, None)


def _missing(field: str) -> Mistake:
    return Mistake("missing_field", f"the field {field} is required", field)


def _unknown(field: str, known: Sequence[str] | None) -> Mistake:
    return Mistake("unknown_field", f"there is no field {field}", field, known)


def _alternatives(kind: Any) -> Iterator[Any]:
    """Yield the kinds that a kind allows, without their annotations."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif origin in (Union, UnionType):
        for one in get_args(kind):
            yield from _alternatives(one)
    else:
        yield kind


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    return next((its for its in _alternatives(kind) if isinstance(its, type) and issubclass(its, msgspec.Struct)), None)


def _item_in(kind: Any) -> Any:
    return next((get_args(its)[-1] for its in _alternatives(kind) if get_origin(its) in (list, dict)), None)


def _choices_in(kind: Any) -> Sequence[str] | None:
    for its in _alternatives(kind):
        if get_origin(its) is Literal:
            return tuple(map(str, get_args(its)))
        if get_origin(its) is dict:
            return _choices_in(get_args(its)[0])
    return None
