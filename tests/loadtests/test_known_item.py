"""Queries whose relevant document is known, drawn from the target's own documents."""

from __future__ import annotations

import pytest

from loadtests.known_item import KnownItem, draw, load, load_some, of_document, of_file, save
from scenarios.errors import HarnessError

DOCUMENTS = [{"id": f"d{n}", "title": f"Return the number {n} of things"} for n in range(50)]


def test_the_draw_is_seeded():
    """The same corpus and seed give the same queries in the same order of rank."""
    assert draw(DOCUMENTS, 20, seed=1) == draw(reversed(DOCUMENTS), 20, seed=1)
    assert draw(DOCUMENTS, 20, seed=1) != draw(DOCUMENTS, 20, seed=2)


def test_a_query_knows_its_document():
    """The query is the title of the document that is relevant."""
    titles = {its["title"]: its["id"] for its in DOCUMENTS}
    assert all((titles[item.query],) == item.relevant for item in draw(DOCUMENTS, 50, seed=3))


@pytest.mark.parametrize(
    "title", ["Return self.", "Return the number 3 of things", "RETURN the number 3 OF things", "word " * 200]
)
def test_titles_that_name_no_document_in_particular_are_left_out(title):
    """Too short, repeated in any case, or too long: such titles make no known item."""
    documents = [*DOCUMENTS, {"id": "odd", "title": title}]
    drawn = draw(documents, 49, seed=1)
    assert "odd" not in {document for item in drawn for document in item.relevant}


def test_too_few_titles_are_refused_with_the_next_step():
    """A workload cannot ask for more distinct queries than the corpus has."""
    with pytest.raises(HarnessError, match="50 usable titles, the workload asks for 51") as caught:
        draw(DOCUMENTS, 51, seed=1)
    assert "distinct" in caught.value.hint


def test_queries_survive_the_way_to_disk(tmp_path):
    """The file keeps order and content, whatever is in a title; its hash tells corpora apart."""
    items = (
        of_document('a "quoted" <title>\nwith | more', "d1"),
        KnownItem("другой заголовок", ("d2", "d3"), {"query": "другой заголовок", "colour": "red"}),
        KnownItem("nobody knows"),
    )
    digest = save(items, tmp_path / "queries.jsonl")
    assert load(tmp_path / "queries.jsonl") == items
    assert digest != save(items[:1], tmp_path / "other.jsonl")


@pytest.mark.parametrize("content", [b"", b'{"query": "x"}\n', b'{"query": "x", "docu', b"[]\n"])
def test_a_broken_file_of_queries_is_refused(tmp_path, content):
    """A truncated or foreign file must not become a smaller workload."""
    (tmp_path / "queries.jsonl").write_bytes(content)
    with pytest.raises(HarnessError):
        load(tmp_path / "queries.jsonl")


def test_queries_of_an_older_run_are_read(tmp_path):
    """One document, and nothing else in the line."""
    (tmp_path / "queries.jsonl").write_bytes(b'{"query": "x", "document_id": "d1"}\n')
    assert load(tmp_path / "queries.jsonl") == (of_document("x", "d1"),)


def test_a_workload_without_queries_has_no_file(tmp_path):
    """Requests without placeholders need none."""
    assert load_some(tmp_path / "queries.jsonl") == ()


def test_rows_of_a_file_are_items_with_what_they_hold(tmp_path):
    """CSV with one document, JSON lines with a list of them; every column fills in templates."""
    (tmp_path / "a.csv").write_text("query,document_id,colour\nred shoes,d1,red\nblue shoes,,blue\nmore,d3,x\n")
    assert of_file(tmp_path / "a.csv", 2) == (
        KnownItem("red shoes", ("d1",), {"query": "red shoes", "document_id": "d1", "colour": "red"}),
        KnownItem("blue shoes", (), {"query": "blue shoes", "document_id": "", "colour": "blue"}),
    )
    (tmp_path / "b.jsonl").write_text('{"query": "a", "relevant": ["d1", "d2"], "n": 3}\n')
    assert of_file(tmp_path / "b.jsonl", 1) == (
        KnownItem("a", ("d1", "d2"), {"query": "a", "relevant": '["d1", "d2"]', "n": "3"}),
    )


@pytest.mark.parametrize(
    ("content", "distinct", "said"),
    [("query\na\n", 2, "has 1 rows, not 2"), ("query,relevant\na,d1\n", 1, "'d1' is not a list of documents")],
)
def test_a_file_that_does_not_hold_what_it_should_is_refused(tmp_path, content, distinct, said):
    """Too few rows, or relevance that is no list."""
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(HarnessError, match=said):
        of_file(tmp_path / "a.csv", distinct)
