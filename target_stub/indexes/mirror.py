"""Mirror: a folder's files once more, for a library that writes where it only opens."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path

PREFIX = ".open."
LEFT_BEHIND_S = 3600.0  # no index takes as long to open: an older mirror is that of a process that was killed


@contextmanager
def mirror_of(folder: Path, never_written: Sequence[str] = ()) -> Iterator[Path]:
    """Yield a folder with the same files, removed in the end; what was mapped from it by then stays usable.

    Those whose names match a pattern of `never_written` are hard links beside the folder, so that processes share one
    copy in memory; the others, and all where there can be no links, are copies.

    Raises:
        OSError: when the files cannot be read, or copies have no room.
    """

    def take(source: str, target: str) -> None:
        if any(fnmatch(Path(source).name, pattern) for pattern in never_written):
            with suppress(OSError):
                os.link(source, target)
                return
        shutil.copyfile(source, target)

    _tidy(folder.parent)
    try:
        place = tempfile.mkdtemp(prefix=PREFIX, dir=folder.parent)
    except OSError:  # a file system for reading only
        place = tempfile.mkdtemp(prefix="tenfold-open-")
    try:
        its = Path(place) / folder.name
        shutil.copytree(folder, its, copy_function=take)
        yield its
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _tidy(home: Path) -> None:
    for old in home.glob(f"{PREFIX}*"):
        try:
            age_s = time.time() - old.stat().st_mtime
        except OSError:
            continue
        if age_s > LEFT_BEHIND_S:
            shutil.rmtree(old, ignore_errors=True)
