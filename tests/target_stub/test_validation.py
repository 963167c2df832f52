"""Validation: what is well-formed becomes types, all else is refused with the name of the field and what is known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from target_stub.document import Document
from target_stub.query import Query
from target_stub.request_error import RequestError
from target_stub.search_request import search_query
from target_stub.search_schema import SearchRequest
from target_stub.validation import json_only, new_documents, page_of


def refusal(call: Any, *arguments: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        call(*arguments)
    return caught.value


def test_a_search_has_defaults() -> None:
    """Only the query must be given."""
    assert search_query(b'{"query": "  two   words "}') == Query("two words", 10, "vector", False, None, True)


def test_every_field_of_a_search_is_read() -> None:
    """Each one ends up where the search looks for it."""
    body = {
        "query": "q",
        "k": 100,
        "mode": "vector",
        "params": {"exact": True, "hnsw_ef": 4096},
        "cache": "bypass",
    }
    assert search_query(json.dumps(body).encode()) == Query("q", 100, "vector", True, 4096, False)


@pytest.mark.parametrize(
    ("body", "code", "field", "known"),
    [
        ("", "invalid_json", None, None),
        ("{", "invalid_json", None, None),
        ('{"query": "q"} x', "invalid_json", None, None),
        ('{"query": NaN}', "invalid_json", None, None),
        ('{"query": "\\ud800"}', "invalid_json", None, None),
        ("[]", "wrong_type", None, None),
        ("null", "wrong_type", None, None),
        ("{}", "missing_field", "/query", None),
        ('{"query": 1}', "wrong_type", "/query", None),
        ('{"query": null}', "wrong_type", "/query", None),
        ('{"query": ""}', "empty_query", "/query", None),
        ('{"query": " \\t\\n\\u0000 "}', "empty_query", "/query", None),
        (json.dumps({"query": "x" * 2001}), "out_of_range", "/query", None),
        ('{"query": "q", "k": 0}', "out_of_range", "/k", None),
        ('{"query": "q", "k": 101}', "out_of_range", "/k", None),
        ('{"query": "q", "k": 1000000}', "out_of_range", "/k", None),
        ('{"query": "q", "k": -1}', "out_of_range", "/k", None),
        ('{"query": "q", "k": 1e400}', "wrong_type", "/k", None),
        ('{"query": "q", "k": "10"}', "wrong_type", "/k", None),
        ('{"query": "q", "k": 1.5}', "wrong_type", "/k", None),
        ('{"query": "q", "k": true}', "wrong_type", "/k", None),
        ('{"query": "q", "mode": "magic"}', "unknown_value", "/mode", ["vector", "keyword", "hybrid"]),
        ('{"query": "q", "cache": "refresh"}', "unknown_value", "/cache", ["use", "bypass"]),
        ('{"query": "q", "size": 3}', "unknown_field", "/size", list(SearchRequest.__struct_fields__)),
        ('{"query": "q", "params": {"ef": 3}}', "unknown_field", "/params/ef", ["exact", "hnsw_ef"]),
        ('{"query": "q", "params": {"exact": 1}}', "wrong_type", "/params/exact", None),
        ('{"query": "q", "params": {"hnsw_ef": 0}}', "out_of_range", "/params/hnsw_ef", None),
        ('{"query": "q", "params": []}', "wrong_type", "/params", None),
    ],
)
def test_a_faulty_search_is_refused_with_its_field(
    body: str, code: str, field: str | None, known: list[str] | None
) -> None:
    """Status 400, a code for programs, the field's path, and what would have been accepted."""
    error = refusal(search_query, body.encode())
    assert (error.status, error.code, error.field) == (400, code, field)
    assert (None if error.known is None else list(error.known)) == known
    assert str(error)


def test_bytes_that_are_no_utf8_are_no_json() -> None:
    """The encoding of JSON is UTF-8."""
    assert refusal(search_query, b'{"query": "caf\xe9"}').code == "invalid_json"


def test_the_length_of_a_query_counts_after_trimming() -> None:
    """Two thousand characters pass, however much white space is around them."""
    assert len(search_query(json.dumps({"query": " " * 500 + "x" * 2000 + "\n"}).encode()).text) == 2000


def test_deeply_nested_json_is_refused() -> None:
    """No input may exhaust the stack."""
    assert refusal(search_query, b'{"query":' * 100_000).code in ("wrong_type", "invalid_json")
    assert refusal(search_query, b"[" * 1_000_000).code in ("wrong_type", "invalid_json")


def test_a_clients_own_text_is_echoed_in_part_only() -> None:
    """A megabyte of field name does not come back as a megabyte of error."""
    error = refusal(search_query, json.dumps({"query": "q", "x" * 1_000_000: 1}).encode())
    assert error.code == "unknown_field"
    assert len(error.body("id")) < 1500


def added(*documents: dict[str, Any]) -> list[Document]:
    return new_documents(json.dumps({"documents": documents}).encode())


def test_documents_are_read_with_their_defaults() -> None:
    """Package and kind may be left out; the title is one line."""
    given = {"id": "a", "title": " Two\nwords ", "text": "Text\nas it is.", "package": "p", "kind": "note"}
    assert added(given, {"id": "b", "title": "B", "text": ""}) == [
        Document("a", "Two words", "Text\nas it is.", "p", "note"),
        Document("b", "B", "", "", "document"),
    ]


def test_an_id_is_made_from_the_content() -> None:
    """The same content has the same id, any other has another, so sending twice adds once."""
    first, again, other = added(
        {"title": "T", "text": "one"}, {"title": "T", "text": "one"}, {"title": "T", "text": "two"}
    )
    assert first == again
    assert first.id != other.id
    assert first.id.startswith("sha256:")


@pytest.mark.parametrize(
    ("documents", "code", "field"),
    [
        ([], "out_of_range", "/documents"),
        ([{"title": "T", "text": ""}] * 1001, "out_of_range", "/documents"),
        ([{"title": "T"}], "missing_field", "/documents/0/text"),
        ([{"title": "T", "text": ""}, {"title": 5, "text": ""}], "wrong_type", "/documents/1/title"),
        ([{"title": " \n", "text": ""}], "out_of_range", "/documents/0/title"),
        ([{"title": "x" * 201, "text": ""}], "out_of_range", "/documents/0/title"),
        ([{"title": "T", "text": "x" * 20_001}], "out_of_range", "/documents/0/text"),
        ([{"title": "T", "text": "", "id": ""}], "out_of_range", "/documents/0/id"),
        ([{"title": "T", "text": "", "id": "a\nb"}], "invalid_id", "/documents/0/id"),
        ([{"title": "T", "text": "", "score": 1}], "unknown_field", "/documents/0/score"),
        (
            [{"id": "a", "title": "T", "text": ""}, {"id": "a", "title": "U", "text": ""}],
            "duplicate_id",
            "/documents/1/id",
        ),
    ],
)
def test_faulty_documents_are_refused_with_their_place(documents: list[Any], code: str, field: str) -> None:
    """The path says which document and which field."""
    error = refusal(new_documents, json.dumps({"documents": documents}).encode())
    assert (error.status, error.code, error.field) == (400, code, field)


def test_pages_have_defaults_and_bounds() -> None:
    """From the start, a hundred documents; at most a thousand."""
    assert page_of({}) == (0, 100)
    assert page_of({"cursor": "25", "limit": "1000"}) == (25, 1000)


@pytest.mark.parametrize(
    ("parameters", "code", "field"),
    [
        ({"limit": "0"}, "out_of_range", "/limit"),
        ({"limit": "1001"}, "out_of_range", "/limit"),
        ({"limit": "ten"}, "out_of_range", "/limit"),
        ({"limit": "१"}, "out_of_range", "/limit"),
        ({"cursor": "-1"}, "bad_cursor", "/cursor"),
        ({"cursor": ""}, "bad_cursor", "/cursor"),
        ({"cursor": "9" * 40}, "bad_cursor", "/cursor"),
        ({"cursor": "1; drop table"}, "bad_cursor", "/cursor"),
        ({"page": "2"}, "unknown_field", "/page"),
    ],
)
def test_faulty_pages_are_refused(parameters: dict[str, str], code: str, field: str) -> None:
    """A cursor is what the service gave out, and nothing else."""
    error = refusal(page_of, parameters)
    assert (error.status, error.code, error.field) == (400, code, field)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_taken(content_type: str) -> None:
    """However it is spelt."""
    json_only(content_type)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_other_content_types_are_refused(content_type: str) -> None:
    """Status 415, and what would be taken."""
    error = refusal(json_only, content_type)
    assert (error.status, error.code, error.known) == (415, "unsupported_media_type", ("application/json",))
