"""Artifacts: found whole or made again, never served damaged; made once, however many ask."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from target_stub.artifacts import MANIFEST, Artifacts, cache_folder, key_of
from target_stub.errors import ConfigError

Wait = Callable[[Callable[[], bool]], None]


def write_two_files(folder: Path) -> Mapping[str, Any]:
    (folder / "deep").mkdir()
    (folder / "deep" / "numbers.bin").write_bytes(bytes(range(100)))
    (folder / "words.txt").write_text("some words")
    return {"words": 2}


def refuse(_: Path) -> Mapping[str, Any]:
    raise AssertionError("built though it was there")


def test_what_was_made_is_found_with_its_facts(artifacts: Artifacts) -> None:
    """A second start finds the files and the facts, and builds nothing."""
    made = artifacts.make("things", "k1", write_two_files)
    found = artifacts.make("things", "k1", refuse)
    assert found == made == artifacts.find("things", "k1")
    assert found.facts == {"words": 2}
    assert (found.folder / "words.txt").read_text() == "some words"
    # sha256 of "some words", from sha256sum(1)
    assert found.sha256["words.txt"] == "050777a35dcd48838062824126e60a0780dc322c5b1f84c3a32636cc7466b1b6"
    assert artifacts.find("things", "k2") is None
    assert artifacts.find("other", "k1") is None


def truncate(folder: Path) -> None:
    os.truncate(folder / "deep" / "numbers.bin", 50)


def flip_a_byte(folder: Path) -> None:
    path = folder / "deep" / "numbers.bin"
    content = bytearray(path.read_bytes())
    content[42] ^= 1
    path.write_bytes(content)


def remove_a_file(folder: Path) -> None:
    (folder / "words.txt").unlink()


def add_a_file(folder: Path) -> None:
    (folder / "more.txt").write_text("?")


def cut_the_manifest(folder: Path) -> None:
    os.truncate(folder / MANIFEST, 20)


def empty_the_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("[]")


def raise_the_format(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))


@pytest.mark.parametrize(
    "damage",
    [truncate, flip_a_byte, remove_a_file, add_a_file, cut_the_manifest, empty_the_manifest, raise_the_format],
)
def test_damage_is_noticed_told_and_mended(
    artifacts: Artifacts, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged artifact counts as missing, the log says so, and making it again gives a whole one."""
    folder = artifacts.make("things", "k", write_two_files).folder
    damage(folder)
    assert artifacts.find("things", "k") is None
    assert "things k is damaged" in caplog.text
    mended = artifacts.make("things", "k", write_two_files)
    assert (mended.folder / "deep" / "numbers.bin").read_bytes() == bytes(range(100))
    assert sorted(path.name for path in mended.folder.parent.iterdir()) == ["k", "k.lock"]


def test_a_failed_build_leaves_nothing(artifacts: Artifacts) -> None:
    """An error while building is raised, and the next build starts from an empty folder."""

    def fail(folder: Path) -> Mapping[str, Any]:
        (folder / "half.txt").write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        artifacts.make("things", "k", fail)
    assert artifacts.find("things", "k") is None
    assert sorted(artifacts.make("things", "k", write_two_files).sha256) == ["deep/numbers.bin", "words.txt"]


def test_a_cache_that_cannot_be_written_is_the_users_mistake(tmp_path: Path) -> None:
    """The error names the folder and the variable to change it by."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError) as caught:
        Artifacts(tmp_path / "file").make("things", "k", write_two_files)
    assert str(tmp_path / "file") in caught.value.what
    assert "TENFOLD_CACHE_DIR" in caught.value.hint


def test_a_key_depends_on_what_it_is_made_from_and_not_on_its_order() -> None:
    """Equal facts give an equal key, any other fact another."""
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert len({key_of({"a": 1}), key_of({"a": 2}), key_of({"b": 1}), key_of({})}) == 4


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TENFOLD_CACHE_DIR": "/own", "XDG_CACHE_HOME": "/shared"}, Path("/own")),
        ({"XDG_CACHE_HOME": "/shared"}, Path("/shared/tenfold")),
        ({"XDG_CACHE_HOME": ""}, Path.home() / ".cache/tenfold"),
        ({}, Path.home() / ".cache/tenfold"),
    ],
)
def test_the_cache_folder_follows_the_environment(environ: dict[str, str], expected: Path) -> None:
    """Our own variable wins over the desktop's, and that over the home folder."""
    assert cache_folder(environ) == expected


BUILD = """
import sys
from pathlib import Path
from target_stub.artifacts import Artifacts
root, log, gate = map(Path, sys.argv[1:])

def build(folder):
    with log.open("a") as lines:
        lines.write("built\\n")
    (folder / "words.txt").write_text("x" * 1000)
    while gate.exists():
        pass
    return {}

print(Artifacts(root).make("things", "k", build).folder)
"""


def start_builder(tmp_path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BUILD, str(tmp_path / "cache"), str(tmp_path / "log"), str(tmp_path / "gate")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_make_the_same_artifact_once(tmp_path: Path, wait_for: Wait) -> None:
    """The second waits for the first and uses its work."""
    (tmp_path / "gate").touch()
    builders = [start_builder(tmp_path), start_builder(tmp_path)]
    wait_for((tmp_path / "log").exists)
    (tmp_path / "gate").unlink()
    printed = {builder.communicate(timeout=30)[0] for builder in builders}
    assert [builder.returncode for builder in builders] == [0, 0]
    assert len(printed) == 1
    assert (tmp_path / "log").read_text() == "built\n"


def test_a_builder_that_is_killed_leaves_a_usable_cache(tmp_path: Path, artifacts: Artifacts, wait_for: Wait) -> None:
    """After kill -9 in the middle, nothing is found, and the next one builds and clears up."""
    (tmp_path / "gate").touch()
    builder = start_builder(tmp_path)
    wait_for((tmp_path / "log").exists)
    builder.send_signal(signal.SIGKILL)
    builder.communicate(timeout=30)
    assert artifacts.find("things", "k") is None
    made = artifacts.make("things", "k", write_two_files)
    assert sorted(path.name for path in made.folder.parent.iterdir()) == ["k", "k.lock"]
