"""The command line: help, exit codes, and progress that another program can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from target_stub import command
from target_stub.command import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TENFOLD_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.txt").write_text(f"Title {number}\nSome words about the number {number}.\n")
    return folder


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_help_shows_every_switch_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and enough to begin with."""
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for expected in (
        "python -m target_stub --profile naive",
        "--cache-ttl-s",
        "--no-single-flight",
        "--parent PID",
        "TENFOLD_CACHE_DIR",
    ):
        assert expected in shown


def test_mistakes_are_two_lines_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """What, and the next step; nothing on the standard output, and no traceback."""
    assert main(["prepare", "--embedder", "bert", "--cache-ttl-s=-1", "--fast"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    what, hint = err.splitlines()
    assert what.startswith("3 mistakes in the configuration: ")
    for told in ("--fast", "--embedder: 'bert'", "--cache-ttl-s: -1 is not between"):
        assert told in what
    assert hint == "  see --help for every switch and its default"


@pytest.mark.parametrize("argv", [["launch"], ["--port"], ["prepare", "serve"]])
def test_a_command_line_that_makes_no_sense_is_a_mistake_too(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown commands and flags without a value end like any other mistake."""
    assert main(argv) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_prepare_tells_its_progress_in_json_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Step by step with what is done and the total, and last what was prepared."""
    assert main(["prepare", "--corpus", str(folder), "--embedder", "hashing", "--index", "qdrant"]) == 0
    told = lines(capsys)
    assert list(dict.fromkeys(line["step"] for line in told)) == ["corpus", "vectors", "index", "ready"]
    assert {"step": "vectors", "done": 40, "total": 40} in told
    assert told[-1].keys() == {"step", "corpus_sha256", "documents"}
    assert told[-1]["documents"] == 40


def test_preparing_again_finds_everything_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same answer, and no step begins anew."""
    argv = ["prepare", "--corpus", str(folder), "--embedder", "hashing"]
    assert main(argv) == 0
    first = lines(capsys)
    assert main(argv) == 0
    again = lines(capsys)
    assert again[-1] == first[-1]
    assert {"step": "corpus", "done": 0, "total": 40} in first
    assert [line for line in again if line["step"] in ("corpus", "vectors")] == [
        {"step": "corpus", "done": 40, "total": 40},
        {"step": "vectors", "done": 40, "total": 40},
    ]


def test_an_empty_corpus_is_a_mistake(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As is a folder that is not there."""
    (tmp_path / "empty").mkdir()
    assert main(["prepare", "--corpus", str(tmp_path / "empty")]) == 2
    assert "holds no document" in capsys.readouterr().err
    assert main(["prepare", "--corpus", str(folder / "nowhere")]) == 2
    assert "no folder of that name" in capsys.readouterr().err


def test_progress_is_told_ten_times_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten thousand steps are not ten thousand lines, but every step's first and last are there."""
    now = iter(range(1000))
    monkeypatch.setattr(command, "monotonic", lambda: next(now) * 0.025)
    told = command._Lines()
    for done in range(1, 13):
        told.progress("vectors", done, 12)
    told.progress("index", 0, 12)
    assert [(line["step"], line["done"]) for line in lines(capsys)] == [
        ("vectors", 1),
        ("vectors", 5),
        ("vectors", 9),
        ("vectors", 12),
        ("index", 0),
    ]


def test_a_run_that_is_interrupted_says_so_by_its_exit_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """130, as shells have it, without a traceback."""

    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_run", interrupt)
    assert main(["prepare", "--corpus", str(folder)]) == 130
    assert capsys.readouterr().err == ""


def test_numpy_is_not_loaded_before_its_threads_are_limited() -> None:
    """A service that used all cores for one product could not be judged; the limit is read when numpy is loaded."""
    code = "import sys, target_stub.command; print('numpy' in sys.modules, 'aiohttp' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "False False\n"
