"""Corpora: read once, kept by what they were made from, identified by what they hold."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from target_stub.artifacts import Artifacts
from target_stub.corpora import make_source
from target_stub.corpora.docstrings import DocstringCorpus
from target_stub.corpora.textfiles import TextFolderCorpus
from target_stub.corpus import Progress, load_corpus, prepare_corpus
from target_stub.document import Document
from target_stub.errors import ConfigError


class Shelf:
    """A source in memory that counts how often it is read."""

    name = "shelf"

    def __init__(self, documents: tuple[Document, ...], state: int = 1) -> None:
        self._documents = documents
        self.state = state
        self.readings = 0

    def fingerprint(self) -> Mapping[str, Any]:
        return {"state": self.state}

    def documents(self, progress: Progress) -> Iterator[Document]:
        self.readings += 1
        progress(1, 1)
        yield from self._documents


def silent(_done: int, _total: int) -> None:
    pass


def test_a_corpus_is_read_once_and_then_loaded(artifacts: Artifacts, documents: tuple[Document, ...]) -> None:
    """Loading gives equal documents in the same order, without going to the source again."""
    shelf = Shelf(documents)
    assert load_corpus(shelf, artifacts) is None
    prepared = prepare_corpus(shelf, artifacts, silent)
    assert prepared.documents == documents
    assert load_corpus(shelf, artifacts) == prepare_corpus(shelf, artifacts, silent) == prepared
    assert shelf.readings == 1


def test_a_corpus_is_identified_by_its_documents_alone(artifacts: Artifacts, documents: tuple[Document, ...]) -> None:
    """Its sha256 is that of the documents' JSON lines: fields in the order id, title, text, package, kind."""
    lines = b""
    for its in documents:
        fields = {"id": its.id, "title": its.title, "text": its.text, "package": its.package, "kind": its.kind}
        lines += json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    expected = hashlib.sha256(lines).hexdigest()
    assert prepare_corpus(Shelf(documents), artifacts, silent).sha256 == expected
    assert prepare_corpus(Shelf(documents, state=2), artifacts, silent).sha256 == expected
    assert prepare_corpus(Shelf(documents[:-1], state=3), artifacts, silent).sha256 != expected


def test_a_source_that_changed_is_read_again(artifacts: Artifacts, documents: tuple[Document, ...]) -> None:
    """An upgraded package or an edited file makes a new corpus; nothing outdated is loaded."""
    shelf = Shelf(documents)
    prepare_corpus(shelf, artifacts, silent)
    shelf.state = 2
    assert load_corpus(shelf, artifacts) is None
    prepare_corpus(shelf, artifacts, silent)
    assert shelf.readings == 2


def test_an_empty_corpus_is_the_users_mistake(artifacts: Artifacts) -> None:
    """The error says what could be given instead."""
    with pytest.raises(ConfigError) as caught:
        prepare_corpus(Shelf(()), artifacts, silent)
    assert "holds no document" in caught.value.what
    assert "stdlib" in caught.value.hint


def test_the_sources_are_known_by_name_or_path(tmp_path: Path) -> None:
    """Two names mean docstrings; any folder means its text files; all else is a mistake that lists what is known."""
    assert isinstance(make_source("stdlib"), DocstringCorpus)
    assert isinstance(make_source("installed"), DocstringCorpus)
    folder = make_source(str(tmp_path))
    assert isinstance(folder, TextFolderCorpus)
    assert folder.name == tmp_path.name
    with pytest.raises(ConfigError) as caught:
        make_source("wikipedia")
    assert "'wikipedia'" in caught.value.what
    assert "stdlib, installed" in caught.value.hint


def test_text_files_become_documents(tmp_path: Path) -> None:
    """One document a file: its title is the first line with words, its package the folder at the top."""
    (tmp_path / "a.md").write_text("\n# Baking *bread*\n\nKnead it.\n")
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "sub" / "deep" / "b.RST").write_text("======\nSailing\n======\nHoist.")
    (tmp_path / "c.txt").write_bytes("\ufeffCafé\nau lait".encode())
    assert list(TextFolderCorpus(tmp_path).documents(silent)) == [
        Document("a.md", "Baking *bread*", "Knead it.", tmp_path.name, "md"),
        Document("c.txt", "Café", "au lait", tmp_path.name, "txt"),
        Document("sub/deep/b.RST", "Sailing", "======\nHoist.", "sub", "rst"),
    ]


def test_files_without_text_are_left_out(tmp_path: Path) -> None:
    """Empty, binary, hidden and other files are no documents; bytes that are no UTF-8 are replaced."""
    (tmp_path / "empty.txt").write_text("  \n\n")
    (tmp_path / "binary.txt").write_bytes(b"PK\x00\x01")
    (tmp_path / ".hidden.txt").write_text("hidden")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.txt").write_text("hidden too")
    (tmp_path / "code.py").write_text("text = 1")
    (tmp_path / "broken.txt").symlink_to("nowhere")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 au lait")
    assert [document.title for document in TextFolderCorpus(tmp_path).documents(silent)] == ["caf\ufffd au lait"]


def test_a_text_folder_changes_with_any_of_its_files(tmp_path: Path) -> None:
    """The fingerprint moves when a file is edited, added or removed."""
    corpus = TextFolderCorpus(tmp_path)
    (tmp_path / "a.txt").write_text("one")
    prints = [corpus.fingerprint()]
    (tmp_path / "a.txt").write_text("one two")
    prints.append(corpus.fingerprint())
    os.utime(tmp_path / "a.txt", ns=(1, 1))
    prints.append(corpus.fingerprint())
    (tmp_path / "b.txt").write_text("three")
    prints.append(corpus.fingerprint())
    (tmp_path / "b.txt").unlink()
    assert corpus.fingerprint() == prints[2]
    assert len({fact["files"] for fact in prints}) == 4
