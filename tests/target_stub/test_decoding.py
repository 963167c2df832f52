"""Decoding: a body becomes its type, or every mistake in it is told with its place, whatever the body holds."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import msgspec
import pytest

from target_stub.decoding import MAX_DEPTH, SMALL_BODY_BYTES, decode, depth
from target_stub.request_error import RequestError


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    size: Annotated[int, msgspec.Meta(ge=1)]
    tags: Annotated[list[str], msgspec.Meta(max_length=2)] = []


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    mode: Literal["slow", "fast"] = "slow"
    inner: Inner | msgspec.UnsetType = msgspec.UNSET
    items: list[Inner] = []
    free: dict[str, object] = {}
    by_mode: dict[Literal["slow", "fast"], Annotated[float, msgspec.Meta(gt=0)]] = {}


decoder = msgspec.json.Decoder(Outer)


def mistakes(body: bytes) -> list[tuple[str, str | None]]:
    with pytest.raises(RequestError) as caught:
        decode(decoder, body)
    assert caught.value.status == 400
    return [(mistake.code, mistake.field) for mistake in caught.value.mistakes]


def test_what_is_right_becomes_the_type() -> None:
    """Objects, lists and choices."""
    assert decode(decoder, b'{"name": "a", "inner": {"size": 1}, "free": {"x": [1]}}') == Outer(
        "a", "slow", Inner(1), [], {"x": [1]}
    )


def test_all_mistakes_are_told_at_once_with_their_places() -> None:
    """Who mends one finds no next one; the places are JSON pointers, with ~ and / escaped as RFC 6901 says."""
    body = {
        "mode": "medium",
        "inner": {"size": 0, "tags": ["a", "b", "c"]},
        "items": [{"size": 1}, {"size": "2"}, 3],
        "a/b~c": 1,
    }
    assert mistakes(json.dumps(body).encode()) == [
        ("missing_field", "/name"),
        ("unknown_value", "/mode"),
        ("out_of_range", "/inner/size"),
        ("out_of_range", "/inner/tags"),
        ("wrong_type", "/items/1/size"),
        ("wrong_type", "/items/2"),
        ("unknown_field", "/a~1b~0c"),
    ]


def test_what_is_known_comes_with_the_mistake() -> None:
    """The choices of a value, the names of the fields."""
    with pytest.raises(RequestError) as caught:
        decode(decoder, b'{"name": "a", "mode": "medium", "inner": {"size": 1, "x": 1}}')
    assert [mistake.known for mistake in caught.value.mistakes] == [("slow", "fast"), ("size", "tags")]


def test_names_in_a_table_are_checked_too() -> None:
    """With those that are known; its values have bounds like any other."""
    with pytest.raises(RequestError) as caught:
        decode(decoder, b'{"name": "a", "by_mode": {"medium": 1}}')
    (mistake,) = caught.value.mistakes
    assert (mistake.code, mistake.field, mistake.known) == ("unknown_value", "/by_mode", ("slow", "fast"))
    assert mistake.detail == "/by_mode: Invalid enum value 'medium'"
    assert mistakes(b'{"name": "a", "by_mode": {"fast": 0}}') == [("out_of_range", "/by_mode/fast")]


def test_mistakes_are_told_up_to_a_number() -> None:
    """A body of nothing but mistakes does not come back as an answer of nothing but mistakes."""
    assert len(mistakes(json.dumps({f"field {number}": 1 for number in range(1000)}).encode())) == 20


def test_large_bodies_are_told_their_first_mistake() -> None:
    """Looking for all of them would take the event loop from others."""
    body = {"name": "a" * SMALL_BODY_BYTES, "items": [{"size": 1}, {"size": 0}, {"size": 0}]}
    assert mistakes(json.dumps(body).encode()) == [("out_of_range", "/items/1/size")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 0),
        ("{}", 1),
        ('{"a": [[], {}]}', 3),
        ('["[[[[", "\\"[[", "\\\\", [1]]', 2),
        ('[[1], [2], [3]]', 2),
        ('"[[[[', 0),
        ("]]]][[", 0),
        ('["\\', 1),
    ],
)  # fmt: skip
def test_depth_is_counted_outside_of_strings(text: str, expected: int) -> None:
    """Brackets in texts are texts, escaped quotes do not end them, and no input confuses the count."""
    assert depth(text.encode()) == expected


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_nesting_is_bounded_where_anything_may_be_given(opening: bytes) -> None:
    """A field that takes any JSON takes none that is nested deeper than the limit, closed or not."""
    nested = b'{"name": "a", "free": {"x": ' + opening * MAX_DEPTH
    assert mistakes(nested) == [("too_deep", None)]
    assert mistakes(b'{"name": "a", "free": {"x": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}}") == [
        ("too_deep", None)
    ]
    just = MAX_DEPTH - 2
    assert decode(decoder, b'{"name": "a", "free": {"x": ' + b"[" * just + b"]" * just + b"}}").name == "a"


def test_no_depth_exhausts_the_stack() -> None:
    """Not even in a body too large for counting."""
    assert mistakes(b'{"name": "a", "free": {"x": ' + b"[" * 1_000_000) == [("too_deep", None)]


def test_a_text_that_never_ends_is_read_once() -> None:
    """Counting takes no longer than in proportion to the length, whatever the text."""
    assert depth(b'"' + b'\\"' * 500_000) == 0
    assert depth(b'"\\' * 500_000) == 0
