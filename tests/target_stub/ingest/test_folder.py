"""`tenfold ingest FOLDER`: hostile names are only names, and an ingest that was killed goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import requests

from target_stub.ingest.command import main
from target_stub.ingest.folder import files_below, id_of_path

WaitFor = Callable[[Callable[[], object]], None]


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    """Links, pipes, hidden and other files are left out; what is not printable becomes percent signs."""
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    for name in (
        b"a.txt",
        b"sub/<b>[red].md",
        b"new\nline.txt",
        b"\xff\xfe.txt",
        b"-rf *.txt",
        b".hidden.txt",
        b"x.png",
    ):
        (folder / os.fsdecode(name)).write_text("words")
    (folder / "link.txt").symlink_to("/etc/passwd")
    (folder / "circle").symlink_to(folder)
    os.mkfifo(folder / "pipe.txt")
    assert [file.id for file in files_below(folder)] == [
        "notes/-rf *.txt",
        "notes/a.txt",
        "notes/new%0Aline.txt",
        "notes/%FF%FE.txt",
        "notes/sub/<b>[red].md",
    ]


def test_too_long_a_path_keeps_its_own_id() -> None:
    """Two that differ only at their ends stay two."""
    first, second = (id_of_path("a" * 400 + end) for end in "xy")
    assert len(first) == len(second) == 292
    assert first != second


def start(folder: Path, wait_for: WaitFor) -> tuple[subprocess.Popen[bytes], str]:
    """Return a real service with a data folder, and its address once it is ready."""
    told = folder / "announced"
    told.unlink(missing_ok=True)
    command = [sys.executable, "-m", "target_stub", "--profile", "naive", "--embedder", "hashing", "--port", "0"]
    command += ["--corpus", str(folder / "corpus"), "--data-dir", str(folder / "data"), "--announce", str(told)]
    environ = {**os.environ, "TENFOLD_CACHE_DIR": str(folder / "cache")}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, env=environ, stderr=log)
    wait_for(told.exists)
    url = orjson.loads(told.read_bytes())["url"]
    wait_for(lambda: requests.get(f"{url}/readyz", timeout=20).status_code == 200)
    return process, url


def test_a_killed_ingest_goes_on_and_loses_and_doubles_nothing(
    tmp_path: Path, wait_for: WaitFor, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service is killed in the middle, started again, and the same command run again: each file is there once."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "one.txt").write_text(
        "One\nA text that is long enough to be a document of the corpus, is it not?"
    )
    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(24):
        (notes / f"{number:02}.md").write_text(f"# Note {number}\nWords of note {number}.\n")
    (notes / "broken.pdf").write_text("no pdf")
    log = tmp_path / "data" / "documents.log"
    service, url = start(tmp_path, wait_for)
    sender = subprocess.Popen([sys.executable, "-m", "tenfold", "ingest", str(notes), "--url", url, "--parallel", "1"])
    wait_for(lambda: log.exists() and log.read_bytes().count(b"\n") >= 5)
    os.kill(service.pid, signal.SIGKILL)
    service.wait()
    assert sender.wait(60) == 2
    assert log.read_bytes().count(b"\n") < 24
    service, url = start(tmp_path, wait_for)
    try:
        assert main([str(notes), "--url", url]) == 2  # for the broken one
        told = capsys.readouterr()
        assert "1 refused" in told.out
        assert "notes/broken.pdf: that is no PDF" in told.err
        documents = requests.get(f"{url}/api/documents?limit=1000", timeout=20).json()["documents"]
        ids = sorted(each["id"] for each in documents if each["id"].startswith("notes/"))
        assert ids == [f"notes/{number:02}.md#1" for number in range(24)]
        assert main([str(notes), "--url", url]) == 2
        assert "24 unchanged" in capsys.readouterr().out
    finally:
        service.kill()
        service.wait()
    assert main([str(notes), "--url", url]) == 2
    assert "does not answer" in capsys.readouterr().err
    assert main([str(tmp_path / "nowhere")]) == 2
