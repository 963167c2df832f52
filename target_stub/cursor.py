"""Cursor: an opaque mark of where a page of results ended, good for one query over one version of the documents."""

from __future__ import annotations

import binascii
import contextlib
import os
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path

KEY_BYTES = 32
TAG_BYTES = 6  # of the query and of the version: they tell a mistake apart, the seal tells a forgery
SEAL_BYTES = 12
PLACE = struct.Struct(">dII")
CURSOR_CHARS = 4 * (PLACE.size + 2 * TAG_BYTES + SEAL_BYTES) // 3 + 4  # longer texts are none
KEY_FILE = "cursor.key"


@dataclass(frozen=True, slots=True)
class Position:
    """The last result of a page: its score and row, and how many results there were up to it."""

    score: float
    row: int
    taken: int


class CursorError(Exception):
    """A cursor that does not lead on from here; `code` is the problem's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Cursors:
    """Seals positions and opens them again; whoever has the key can do both."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(KEY_BYTES)

    def seal(self, position: Position, asked: bytes, version: str) -> str:
        """Return the cursor for what was `asked`, over documents of this version."""
        told = PLACE.pack(position.score, position.row, position.taken) + _tag(asked) + _tag(version.encode())
        return urlsafe_b64encode(told + self._seal(told)).decode().rstrip("=")

    def open(self, cursor: str, asked: bytes, version: str) -> Position:
        """Return the position in a cursor.

        Raises:
            CursorError: when it was not sealed here, or for another query or other documents.
        """
        try:
            sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)) if len(cursor) <= CURSOR_CHARS else b""
        except (binascii.Error, ValueError):  # neither base64 nor ASCII
            sealed = b""
        told, seal = sealed[:-SEAL_BYTES], sealed[-SEAL_BYTES:]
        if len(told) != PLACE.size + 2 * TAG_BYTES or not compare_digest(seal, self._seal(told)):
            raise CursorError("bad_cursor", "that is not a cursor that this service gave out; ask without one")
        if told[PLACE.size : PLACE.size + TAG_BYTES] != _tag(asked):
            raise CursorError("foreign_cursor", "the cursor belongs to another search; send it with the same one")
        if told[PLACE.size + TAG_BYTES :] != _tag(version.encode()):
            raise CursorError("stale_cursor", "the documents have changed since that page; begin with the first again")
        return Position(*PLACE.unpack(told[: PLACE.size]))

    def _seal(self, told: bytes) -> bytes:
        return blake2b(told, key=self._key, digest_size=SEAL_BYTES).digest()


def _tag(what: bytes) -> bytes:
    return blake2b(what, digest_size=TAG_BYTES).digest()


def cursor_key(folder: Path) -> bytes:
    """Return the key kept in a folder, first making it: so all processes over that folder open each other's cursors.

    Where it cannot be kept, the key is good for this process only.
    """
    path = folder / KEY_FILE
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{KEY_FILE}.{os.getpid()}"
        if not path.exists():
            part.touch(0o600)
            part.write_bytes(secrets.token_bytes(KEY_BYTES))
            with contextlib.suppress(FileExistsError):  # another process was quicker
                os.link(part, path)
            part.unlink()
        key = path.read_bytes()
        if len(key) == KEY_BYTES:
            return key
    return secrets.token_bytes(KEY_BYTES)
