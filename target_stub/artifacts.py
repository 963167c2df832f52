"""Artifacts: folders kept on disk between starts, each with a manifest of checksums. What they hold is not known here.

A folder is made under another name and renamed, so a reader never sees half of one; a lock keeps two processes from
making the same one twice; what a crash or a bad disk left damaged is noticed when it is opened, and made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from target_stub.errors import ConfigError

FORMAT = 1
MANIFEST = "manifest.json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder whose files were found whole; `facts` is what its maker noted about it, `sha256` that of each file."""

    folder: Path
    facts: Mapping[str, Any]
    sha256: Mapping[str, str]


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return where artifacts live: `$TENFOLD_CACHE_DIR`, else `$XDG_CACHE_HOME/tenfold`, else `~/.cache/tenfold`."""
    if own := environ.get("TENFOLD_CACHE_DIR"):
        return Path(own)
    if shared := environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "tenfold"
    return Path.home() / ".cache" / "tenfold"


def key_of(made_from: Mapping[str, Any]) -> str:
    """Return the name of an artifact: a hash over everything it is made from (any JSON values)."""
    return hashlib.sha256(orjson.dumps(made_from, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def file_sha256(path: Path) -> str:
    """Return a file's sha256 in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Artifacts:
    """All artifacts below one folder, addressed by kind and key."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, kind: str, key: str) -> Artifact | None:
        """Return the artifact if it is there and every file has its noted checksum; a damaged one counts as missing."""
        folder = self.root / kind / key
        try:
            manifest = orjson.loads((folder / MANIFEST).read_bytes())
            damage = _damage(folder, manifest)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            damage = f"its manifest cannot be read ({error})"
        if damage:
            log.warning("cached %s %s is damaged and will be made again: %s", kind, key, damage)
            return None
        checksums = {name: facts["sha256"] for name, facts in manifest["files"].items()}
        return Artifact(folder, manifest["facts"], checksums)

    def make(
        self,
        kind: str,
        key: str,
        build: Callable[[Path], Mapping[str, Any]],
        usable: Callable[[Artifact], bool] = lambda _: True,
    ) -> Artifact:
        """Return the artifact, first building it when it is missing; another process's work is waited for and used.

        `build` fills an empty folder and returns facts to note (JSON values); what `usable` says no to is built anew.

        Raises:
            ConfigError: when the cache folder cannot be written.
        """
        try:
            with self._locked(kind, key):
                found = self.find(kind, key)
                if found is None or not usable(found):
                    self._build(kind, key, build)
                    found = self.find(kind, key)
        except OSError as error:
            raise ConfigError(
                f"cannot write to the cache folder {self.root}: {error.strerror or error}",
                hint="free some space there, or name another folder in TENFOLD_CACHE_DIR",
            ) from error
        if found is None:
            raise ConfigError(
                f"the {kind} just written to {self.root} cannot be read back whole",
                hint="the disk may be failing; name a folder on another one in TENFOLD_CACHE_DIR",
            )
        return found

    def _build(self, kind: str, key: str, build: Callable[[Path], Mapping[str, Any]]) -> None:
        home = self.root / kind
        for left_behind in home.glob(f".{key}.*"):  # by a process that was killed: we hold the lock, so nobody's work
            shutil.rmtree(left_behind, ignore_errors=True)
        part = home / f".{key}.part"
        part.mkdir()
        try:
            facts = build(part)
            manifest = {"format": FORMAT, "facts": dict(facts), "files": _file_facts(part)}
            (part / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            if (home / key).exists():
                (home / key).rename(home / f".{key}.damaged")
            part.rename(home / key)
        finally:
            for leftover in (part, home / f".{key}.damaged"):
                shutil.rmtree(leftover, ignore_errors=True)

    @contextmanager
    def _locked(self, kind: str, key: str) -> Iterator[None]:
        """Hold the artifact's lock file; the kernel frees it when the holder dies, however it dies."""
        home = self.root / kind
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(home / f"{key}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.info("waiting for another process that is making the same %s", kind)
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST)


def _file_facts(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in _files(folder)
    }


def _damage(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Return what is wrong with the folder in a few words, or nothing."""
    if manifest["format"] != FORMAT:
        return f"it has format {manifest['format']}, this version reads {FORMAT}"
    noted: Mapping[str, Mapping[str, Any]] = manifest["files"]
    present = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    if present.keys() != noted.keys():
        return f"files missing or unknown: {', '.join(sorted(present.keys() ^ noted.keys()))}"
    for name, path in present.items():
        if path.stat().st_size != noted[name]["bytes"]:
            return f"{name} has {path.stat().st_size} of {noted[name]['bytes']} bytes"
        if file_sha256(path) != noted[name]["sha256"]:
            return f"{name} does not have its noted checksum"
    return ""
