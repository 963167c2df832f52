"""Folder: the files below a folder that can be ingested, each with its id. Hostile names are only names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from target_stub.ingest.entry import MAX_ENTRY_ID_CHARS
from target_stub.ingest.media import Media, media_of_name


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file, its id (`folder/path/below`) and its media."""

    path: Path
    id: str
    media: Media


def files_below(folder: Path) -> Iterator[FolderFile]:
    """Yield the files of a known kind, in the order of their names.

    Links, pipes and devices, and whatever begins with a dot, are left out.
    """
    name = folder.resolve().name
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for each in sorted(names):
            path, media = Path(place, each), media_of_name(each)
            if media is None or each.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            yield FolderFile(path, id_of_path(f"{name}/{path.relative_to(folder)}"), media)


def id_of_path(path: str) -> str:
    """Return a path as an id: what is not printable or no text in percent signs, too long a one with its digest."""
    pieces = (each if each.isprintable() and each != "%" else quote(each, errors="surrogateescape") for each in path)
    safe = "".join(pieces)
    if len(safe) <= MAX_ENTRY_ID_CHARS:
        return safe
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return f"{safe[: MAX_ENTRY_ID_CHARS - 17]}~{digest}"
