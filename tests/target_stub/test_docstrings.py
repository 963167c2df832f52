"""Docstrings as documents: parsed, never run; what says too little or says it twice is left out."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from target_stub.corpora import docstrings
from target_stub.corpora.docstrings import DocstringCorpus, split_summary
from target_stub.document import Document

BREAD = '''
"""Bread making for beginners. This module knows how dough is kneaded, risen, shaped and baked."""
raise SystemExit("a corpus must never run what it reads")

def bake(dough, /, minutes=40, *, oven):
    """Bake the dough in a hot oven until it is brown.

    The oven should be heated for a while before the dough goes in.
    """
    def inner():
        """This docstring is long enough to be a document, but nobody outside can call the function it is in."""

class Oven:
    """A box that gets hot inside, and stays hot for as long as somebody pays for it. Handle it with care."""

    def __init__(self, watts, *, colour="white"):
        pass

    async def heat(self, degrees):
        """Heat the oven to so many degrees Celsius, which takes a quarter of an hour if it was cold before."""

    def off(self):
        """Turn it off."""
'''


def read(root: Path) -> list[Document]:
    return list(DocstringCorpus("test", (root,)).documents(lambda _done, _total: None))


def test_modules_classes_functions_and_methods_are_documents(tmp_path: Path) -> None:
    """Each has its dotted name, its summary as title, and its parameters before the rest of the text."""
    (tmp_path / "kitchen").mkdir()
    (tmp_path / "kitchen" / "bread.py").write_text(BREAD)
    found = {document.id: document for document in read(tmp_path)}
    assert found == {
        "kitchen.bread": Document(
            "kitchen.bread",
            "Bread making for beginners.",
            "kitchen.bread\nThis module knows how dough is kneaded, risen, shaped and baked.",
            "kitchen",
            "module",
        ),
        "kitchen.bread.bake": Document(
            "kitchen.bread.bake",
            "Bake the dough in a hot oven until it is brown.",
            "bake(dough, minutes, oven)\nThe oven should be heated for a while before the dough goes in.",
            "kitchen",
            "function",
        ),
        "kitchen.bread.Oven": Document(
            "kitchen.bread.Oven",
            "A box that gets hot inside, and stays hot for as long as somebody pays for it.",
            "Oven(watts, colour)\nHandle it with care.",
            "kitchen",
            "class",
        ),
        "kitchen.bread.Oven.heat": Document(
            "kitchen.bread.Oven.heat",
            "Heat the oven to so many degrees Celsius, which takes a quarter of an hour if it was cold before.",
            "heat(degrees)",
            "kitchen",
            "method",
        ),
    }


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Return the thing that was asked for. And more.", ("Return the thing that was asked for.", "And more.")),
        ("Short. Then a longer sentence follows.", ("Short. Then a longer sentence follows.", "")),
        ("A summary\nover two lines\n\nThe rest.", ("A summary over two lines", "The rest.")),
        ("  \n ", ("", "")),
    ],
)
def test_the_summary_is_the_first_sentence_or_paragraph(docstring: str, expected: tuple[str, str]) -> None:
    """A dot within the first twenty characters is taken for an abbreviation's."""
    assert split_summary(docstring) == expected


def test_a_long_summary_loses_nothing() -> None:
    """What does not fit into the title is the beginning of the rest."""
    words = [f"word{number}" for number in range(60)]
    title, rest = split_summary(" ".join(words) + "\n\nThe end.")
    assert len(title) <= 200
    assert f"{title} {rest}".split() == [*words, "The", "end."]


LONG = "This text is long enough to be a document of its own, because it has more than eighty characters."


def test_equal_texts_and_equal_names_are_documents_once(tmp_path: Path) -> None:
    """Copies differ in white space and case at most; the first by module name stays."""
    (tmp_path / "a.py").write_text(f'"""{LONG}"""\n')
    (tmp_path / "b.py").write_text(f'"""{LONG.upper()}"""\n')
    (tmp_path / "c.py").write_text(f'class C:\n    """{LONG} First."""\nclass C:\n    """{LONG} Second."""\n')
    assert [document.id for document in read(tmp_path)] == ["a", "c.C"]


def test_files_that_are_not_for_readers_are_skipped(tmp_path: Path) -> None:
    """Tests, vendored copies and files that do not parse give no documents, and no warning either."""
    for name in ("tests/a.py", "_vendor/b.py", "pkg-1.0.dist-info/c.py", "test_d.py", "conftest.py", "good.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'"""{LONG} In {name}."""\n')
    (tmp_path / "python2.py").write_text(f'"""{LONG}"""\nprint "hello"\n')
    (tmp_path / "bytes.py").write_bytes(b'"""' + LONG.encode() + b'\xff"""\n')
    (tmp_path / "escape.py").write_text(f'"""{LONG} \\d"""\nassert (1, "always true")\n')
    (tmp_path / "latin.py").write_bytes(b'# coding: latin-1\n"""' + LONG.encode() + b' Caf\xe9."""\n')
    (tmp_path / "link.py").symlink_to("nowhere.py")
    (tmp_path / "__init__.py").write_text(f'"""{LONG} Without a name."""\n')
    found = {document.id: document.text for document in read(tmp_path)}
    assert set(found) == {"good", "escape", "latin"}
    assert found["latin"] == "latin\nCafé."


def test_many_files_are_read_by_several_processes_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading in parallel changes neither the documents nor their order."""
    for number in range(60):
        (tmp_path / f"m{number:02}.py").write_text(f'"""{LONG} Number {number}."""\n')
    alone = read(tmp_path)
    monkeypatch.setattr(docstrings, "SPREAD_FROM_FILES", 1)
    assert read(tmp_path) == alone
    assert len(alone) == 60


def test_the_fingerprint_follows_the_files(tmp_path: Path) -> None:
    """An upgrade changes sizes and times, so it makes a new corpus."""
    corpus = DocstringCorpus("test", (tmp_path,))
    (tmp_path / "a.py").write_text("a = 1")
    before = corpus.fingerprint()
    assert corpus.fingerprint() == before
    (tmp_path / "a.py").write_text("a = 10")
    assert corpus.fingerprint() != before


def test_the_standard_library_is_a_corpus_of_thousands() -> None:
    """The demo's corpus is real input: this Python's own documentation."""
    documents = read(Path(sysconfig.get_paths()["stdlib"]))
    found = {document.id: document for document in documents}
    assert len(documents) > 3000
    assert found["json.dumps"].title == "Serialize ``obj`` to a JSON formatted ``str``."
    assert found["json.dumps"].package == "json"
    assert len(found) == len(documents)
    assert all(document.title for document in documents)
