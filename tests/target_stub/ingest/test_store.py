"""Store: what was noted is there after a crash, whole; one process at a time; damage is told, not swallowed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from target_stub.config import Config
from target_stub.document import Document
from target_stub.errors import ConfigError
from target_stub.ingest.entry import Entry, entry_of_document
from target_stub.ingest.store import LOG_FILE, Change, Put, Removed, Store
from target_stub.preparation import check

NOTING = """
import sys
from pathlib import Path
from target_stub.config import Config
from target_stub.document import Document
from target_stub.ingest.entry import entry_of_document
from target_stub.ingest.store import Put, Store
store = Store(Path(sys.argv[1]))
for number in range(100_000):
    store.note([Put(entry_of_document(Document(str(number), "Title", "text " * 50, "", "note")))])
    print(number, flush=True)
"""


def entry(name: str) -> Entry:
    return entry_of_document(Document(name, f"Title {name}", "Text\n with lines", "p", "note"))


def changes(folder: Path) -> list[Change]:
    store = Store(folder)
    try:
        return list(store.changes())
    finally:
        store.close()


def test_changes_come_back_in_their_order(tmp_path: Path) -> None:
    """As they were noted."""
    store = Store(tmp_path / "new" / "data")
    noted: list[Change] = [Put(entry("a")), Removed("a"), Put(entry("b"))]
    store.note(noted[:2])
    store.note(noted[2:])
    store.close()
    assert changes(tmp_path / "new" / "data") == noted


@pytest.mark.parametrize("torn", [b"0", b"00000000 {", b'12345678 {"type":"Removed","id":"a"}', b'12345678 {"a":1}\n'])
def test_a_torn_end_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    """As a crash in the middle of a write leaves it; what is noted next stands behind the last whole change."""
    store = Store(tmp_path)
    store.note([Put(entry("a"))])
    store.close()
    with (tmp_path / LOG_FILE).open("ab") as log:
        log.write(torn)
    store = Store(tmp_path)
    assert list(store.changes()) == [Put(entry("a"))]
    store.note([Removed("a")])
    store.close()
    assert changes(tmp_path) == [Put(entry("a")), Removed("a")]


def test_damage_before_the_end_is_refused(tmp_path: Path) -> None:
    """What came after it would be lost in silence."""
    store = Store(tmp_path)
    store.note([Put(entry("a")), Put(entry("b"))])
    store.close()
    log = tmp_path / LOG_FILE
    log.write_bytes(log.read_bytes().replace(b"Title a", b"Title X"))
    with pytest.raises(ConfigError, match=r"line 1 of .* is damaged"):
        changes(tmp_path)


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """With what to do; the first goes on, and after its end, however it ends, the folder is free."""
    first = subprocess.Popen([sys.executable, "-c", NOTING, str(tmp_path)], stdout=subprocess.PIPE)
    assert first.stdout is not None
    first.stdout.readline()
    try:
        with pytest.raises(ConfigError, match="another process uses the data folder") as caught:
            Store(tmp_path)
        assert "--data-dir" in caught.value.hint
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    changes(tmp_path)


def test_a_killed_process_loses_nothing_that_it_said_was_noted(tmp_path: Path) -> None:
    """Nothing is lost, nothing is doubled, nothing is half there."""
    process = subprocess.Popen([sys.executable, "-c", NOTING, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(50)]
    os.kill(process.pid, signal.SIGKILL)
    said += process.stdout.read().splitlines(keepends=True)
    process.wait()
    process.stdout.close()
    said = [line for line in said if line.endswith(b"\n")]
    found = [change.entry.id for change in changes(tmp_path) if isinstance(change, Put)]
    assert found == [str(number) for number in range(len(found))]
    assert len(said) <= len(found) <= len(said) + 1


def test_several_workers_cannot_have_one_folder() -> None:
    """Said before any is started."""
    with pytest.raises(ConfigError, match="one process at a time"):
        check(Config(data_dir="somewhere", workers=2))


@pytest.mark.parametrize("place", ["file", "missing/../file/inside"])
def test_a_folder_that_cannot_be_had_is_told(tmp_path: Path, place: str) -> None:
    """In two lines, before anything is served."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        Store(tmp_path / place)
    assert caught.value.hint


def test_a_log_is_written_anew(tmp_path: Path) -> None:
    """In one step; noting goes on in the new one."""
    store = Store(tmp_path)
    store.note([Put(entry("a")), Removed("a"), Put(entry("b"))])
    store.rewrite([Put(entry("b"))])
    store.note([Put(entry("c"))])
    store.close()
    assert changes(tmp_path) == [Put(entry("b")), Put(entry("c"))]
