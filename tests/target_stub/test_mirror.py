"""A folder opened by a library that writes where it only reads stays what it was."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from target_stub.artifacts import file_sha256
from target_stub.indexes import build_index, make_index
from target_stub.indexes.mirror import LEFT_BEHIND_S, mirror_of
from target_stub.specs import IndexSpec
from target_stub.table import Table


def _state(folder: Path) -> dict[str, tuple[int, str]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, file_sha256(path)) for path in files}


@pytest.mark.parametrize("quantisation", ["none", "int8", "binary", "turbo"])
def test_opening_a_graph_writes_to_none_of_its_files(tmp_path: Path, quantisation: str) -> None:
    """Another process that checks them at that moment would take them for damaged, and so would the next start."""
    vectors = np.random.default_rng(1).normal(size=(300, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = [("package", "function")] * len(vectors)
    spec = IndexSpec("qdrant", quantisation=quantisation)
    folder = tmp_path / "graph"
    folder.mkdir()
    build_index(spec, vectors, labels, folder, threads=1)
    before = _state(folder)
    index = make_index(spec, Table(vectors, labels), folder)
    assert index.search(vectors[7], 1)[0][0] == 7
    assert _state(folder) == before
    assert list(tmp_path.iterdir()) == [folder]
    del index
    assert _state(folder) == before


def test_what_is_written_to_a_mirror_does_not_reach_the_original(tmp_path: Path) -> None:
    """Files said never to be written are shared, all others are copies."""
    folder = tmp_path / "a"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "large.bin").write_text("kept")
    (folder / "flags.dat").write_text("kept")
    with mirror_of(folder, ["*.bin"]) as mirror:
        assert (mirror / "b" / "large.bin").samefile(folder / "b" / "large.bin")
        (mirror / "flags.dat").write_text("changed")
        (mirror / "new").touch()
    assert not mirror.exists()
    assert _state(folder).keys() == {"b/large.bin", "flags.dat"}
    assert (folder / "flags.dat").read_text() == "kept"


def test_a_mirror_needs_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have none."""

    def refuse(*names: str) -> None:
        raise PermissionError(*names)

    monkeypatch.setattr(os, "link", refuse)
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "large.bin").write_text("kept")
    with mirror_of(folder, ["*.bin"]) as mirror:
        assert (mirror / "large.bin").read_text() == "kept"
        assert not (mirror / "large.bin").samefile(folder / "large.bin")


def test_mirrors_of_killed_processes_are_tidied_away(tmp_path: Path) -> None:
    """An hour later nobody is still opening one; a younger one may be another process's."""
    folder, old, young = tmp_path / "a", tmp_path / ".open.old", tmp_path / ".open.young"
    for its in (folder, old, young):
        its.mkdir()
    long_ago = old.stat().st_mtime - LEFT_BEHIND_S - 1
    os.utime(old, (long_ago, long_ago))
    with mirror_of(folder):
        pass
    assert sorted(its.name for its in tmp_path.iterdir()) == [".open.young", "a"]
