"""Store: what was added, on disk: a log of changes, each whole or not there. One process at a time has the folder."""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from target_stub.errors import ConfigError
from target_stub.ingest.entry import Entry

LOG_FILE = "documents.log"
LOCK_FILE = "lock"
COMPACT_FROM = 100  # changes that count no more, and more than half of all, before the log is written anew


class Put(msgspec.Struct, frozen=True, tag=True):
    """An entry, instead of the one before under its id."""

    entry: Entry


class Removed(msgspec.Struct, frozen=True, tag=True):
    """No entry any more, nor a document of the corpus, under this id."""

    id: str


Change = Put | Removed

_decoder: msgspec.json.Decoder[Put | Removed] = msgspec.json.Decoder(Change)


class Store:
    """The log in a data folder: a line for each change, its CRC-32 first. The lock lasts until `close` or the end."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it if need be.

        Raises:
            ConfigError: when another process has it, or it cannot be written.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(self._lock)
                raise ConfigError(
                    f"another process uses the data folder {folder}",
                    hint="stop it, or give this one another --data-dir",
                ) from error
            self._log = os.open(folder / LOG_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ConfigError(
                f"the data folder {folder} cannot be used: {error.strerror}", hint="give another --data-dir"
            ) from error

    def changes(self) -> Iterator[Change]:
        """Yield what was noted, oldest first; a torn end, as a crash leaves it, is cut off.

        Raises:
            ConfigError: when a line before the end is damaged: what came after it would be lost in silence.
        """
        whole_bytes = 0
        with (self.folder / LOG_FILE).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                change = _change(line)
                if change is None:
                    if lines.read(1):
                        raise ConfigError(
                            f"line {number} of {self.folder / LOG_FILE} is damaged",
                            hint="bring the file back from a copy, or move it away to start empty",
                        )
                    break
                whole_bytes += len(line)
                yield change
        os.ftruncate(self._log, whole_bytes)

    def note(self, changes: list[Change]) -> None:
        """Write changes so that they outlast a crash: all of them or, when this raises, none.

        Raises:
            OSError: when there is no room.
        """
        before = os.lseek(self._log, 0, os.SEEK_END)
        content = memoryview(b"".join(_line(change) for change in changes))
        try:
            while content:
                content = content[os.write(self._log, content) :]
            os.fsync(self._log)
        except OSError:
            os.ftruncate(self._log, before)
            raise

    def rewrite(self, changes: list[Change]) -> None:
        """Put a log of these changes in the place of the present one."""
        part = self.folder / f"{LOG_FILE}.part"
        with part.open("wb") as out:
            out.writelines(_line(change) for change in changes)
            out.flush()
            os.fsync(out.fileno())
        part.replace(self.folder / LOG_FILE)
        os.close(self._log)
        self._log = os.open(self.folder / LOG_FILE, os.O_RDWR)

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._log)
        os.close(self._lock)


def _line(change: Change) -> bytes:
    content = msgspec.json.encode(change)
    return f"{zlib.crc32(content):08x} ".encode() + content + b"\n"


def _change(line: bytes) -> Change | None:
    """Return what a line notes, or None when it is not whole."""
    checksum, _, content = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != f"{zlib.crc32(content):08x}".encode():
        return None
    return _decoder.decode(content)
