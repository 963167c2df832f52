"""Queries whose relevant document is known, drawn from the target's own documents."""

from __future__ import annotations

import pytest

from loadtests.known_item import KnownItem, draw, load, save
from scenarios.errors import HarnessError

DOCUMENTS = [{"id": f"d{n}", "title": f"Return the number {n} of things"} for n in range(50)]


def test_the_draw_is_seeded():
    """The same corpus and seed give the same queries in the same order of rank."""
    assert draw(DOCUMENTS, 20, seed=1) == draw(reversed(DOCUMENTS), 20, seed=1)
    assert draw(DOCUMENTS, 20, seed=1) != draw(DOCUMENTS, 20, seed=2)


def test_a_query_knows_its_document():
    """The query is the title of the document that is relevant."""
    titles = {its["title"]: its["id"] for its in DOCUMENTS}
    assert all(titles[item.query] == item.document_id for item in draw(DOCUMENTS, 50, seed=3))


@pytest.mark.parametrize(
    "title", ["Return self.", "Return the number 3 of things", "RETURN the number 3 OF things", "word " * 200]
)
def test_titles_that_name_no_document_in_particular_are_left_out(title):
    """Too short, repeated in any case, or too long: such titles make no known item."""
    documents = [*DOCUMENTS, {"id": "odd", "title": title}]
    drawn = draw(documents, 49, seed=1)
    assert "odd" not in {item.document_id for item in drawn}


def test_too_few_titles_are_refused_with_the_next_step():
    """A workload cannot ask for more distinct queries than the corpus has."""
    with pytest.raises(HarnessError, match="50 usable titles, the workload asks for 51") as caught:
        draw(DOCUMENTS, 51, seed=1)
    assert "distinct" in caught.value.hint


def test_queries_survive_the_way_to_disk(tmp_path):
    """The file keeps order and content, whatever is in a title; its hash tells corpora apart."""
    items = (KnownItem('a "quoted" <title>\nwith | more', "d1"), KnownItem("другой заголовок", "d2"))
    digest = save(items, tmp_path / "queries.jsonl")
    assert load(tmp_path / "queries.jsonl") == items
    assert digest != save(items[:1], tmp_path / "other.jsonl")


@pytest.mark.parametrize("content", [b"", b'{"query": "x"}\n', b'{"query": "x", "docu', b"[]\n"])
def test_a_broken_file_of_queries_is_refused(tmp_path, content):
    """A truncated or foreign file must not become a smaller workload."""
    (tmp_path / "queries.jsonl").write_bytes(content)
    with pytest.raises(HarnessError):
        load(tmp_path / "queries.jsonl")
