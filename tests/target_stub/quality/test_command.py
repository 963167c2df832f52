"""`tenfold quality` over a small real set: what it finds, prints and writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from target_stub.quality import command, measuring
from target_stub.quality.mode import WORDS
from tenfold import main

NOTES = {
    "bread": "# Baking bread in an oven at home\n\n"
    "Knead the dough, let it rise overnight, and put it in while it is hot, for most of an hour.",
    "bicycle": "# Riding a bicycle through the town\n\n"
    "Oil the chain and tighten the brakes before you go, and pump the tyres every few weeks.",
    "violin": "# Playing the violin for other people\n\n"
    "Tune the strings, rosin the bow and play the scales slowly until nobody leaves the room.",
    "garden": "# Growing vegetables behind the house\n\n"
    "Sow the seeds in spring, water the beds when it is dry, and pull out the weeds all summer.",
}


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of texts; without MiniLM, since it takes seconds to load."""
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    monkeypatch.setenv("TENFOLD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(measuring, "has_minilm", lambda: False)
    return folder


def test_it_prints_json_and_writes_the_page(notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every mode that can be measured, with an interval; those that cannot are named; no date on the page."""
    page = tmp_path / "quality.md"
    assert main(["quality", "--corpus", str(notes), "--sets", "A", "--json", "--write", str(page)]) == 0
    told = json.loads(capsys.readouterr().out)
    (finding,) = told["sets"]
    modes = {its["mode"]: its for its in finding["modes"]}
    assert finding["queries"] == finding["documents"] == len(NOTES)
    assert modes[WORDS]["mrr@10"]["low"] <= modes[WORDS]["mrr@10"]["value"] <= modes[WORDS]["mrr@10"]["high"]
    assert set(modes["hybrid (static, convex 0.3)"]["mrr@10_above"]) == {WORDS, "vector (static)"}
    assert len(told["not_measured"]) == 4
    text = page.read_text(encoding="utf-8")
    assert "| keyword (BM25) |" in text
    assert "MiniLM is not installed" in text


def test_it_prints_a_table(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people."""
    assert main(["quality", "--corpus", str(notes), "--sets", "A"]) == 0
    told = capsys.readouterr().out
    assert "Set A" in told
    assert "hybrid (static, convex 0.3)" in told
    assert "pip install 'tenfold[minilm]'" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--corpus", "nowhere"], "there is no corpus 'nowhere'"),
        (["--queries", "many"], "'many' is not a number from 10"),
        (["--queries", "3"], "'3' is not a number from 10"),
        (["--sets", "Z"], "invalid choice: 'Z'"),
    ],
)
def test_mistakes_are_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with exit code 2."""
    assert command.main(arguments) == 2
    assert told in capsys.readouterr().err


def test_a_corpus_without_calls_has_no_set_of_them(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Texts of a folder have no signatures."""
    assert main(["quality", "--corpus", str(notes), "--sets", "D"]) == 2
    assert "no document that set D could ask for" in capsys.readouterr().err
    assert main(["quality", "--corpus", str(notes), "--sets", "A", "--write", str(notes / "no" / "page.md")]) == 2
    assert "cannot be written" in capsys.readouterr().err
