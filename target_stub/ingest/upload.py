"""Upload: a file as it came in, in full on disk, not yet read."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from target_stub.ingest.media import Media
from target_stub.request_error import body_too_large


class Upload(msgspec.Struct, frozen=True):
    """A file on disk, with what its sender said of it; texts not said are empty. `id` is made from the content then."""

    path: str
    media: Media
    charset: str
    size_bytes: int
    sha256: str
    id: str
    name: str = ""
    title: str = ""
    package: str = ""

    def drop(self) -> None:
        """Remove the file from the disk."""
        Path(self.path).unlink(missing_ok=True)


async def spool(pieces: AsyncIterator[bytes], folder: Path | None, largest_bytes: int) -> tuple[str, int, str]:
    """Write a body to a file of its own as it arrives; return the file's path, its size in bytes and its sha256.

    Raises:
        RequestError: with status 413 where it is seen to be too large.
        OSError: when there is no room.
    """
    digest, size_bytes = hashlib.sha256(), 0
    out = tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False)  # noqa: SIM115 (outlives this call)
    try:
        with out:
            async for piece in pieces:
                size_bytes += len(piece)
                if size_bytes > largest_bytes:
                    raise body_too_large(largest_bytes)
                digest.update(piece)
                out.write(piece)
    except BaseException:
        Path(out.name).unlink(missing_ok=True)
        raise
    return out.name, size_bytes, digest.hexdigest()


def id_of_content(sha256: str) -> str:
    """Return the id of a file whose sender gave none."""
    return f"sha256:{sha256[:32]}"
