"""A folder of text files as a corpus: one document a file, its title the first line."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from target_stub.corpus import Progress
from target_stub.document import MAX_ID_CHARS, MAX_TEXT_CHARS, Document, one_line

READER = 1  # raise it when the same files would become other documents
SUFFIXES = (".txt", ".md", ".rst")


class TextFolderCorpus:
    """Text files below a folder; hidden files and folders, empty files and binary ones are left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.name = self._folder.name or "root"

    def fingerprint(self) -> Mapping[str, Any]:
        """Return a hash over every file's name, size and time of change."""
        digest = hashlib.sha256()
        for path in self._paths():
            status = path.stat()
            digest.update(f"{self._id(path)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="replace"))
        return {"reader": READER, "folder": str(self._folder), "files": digest.hexdigest()}

    def documents(self, progress: Progress) -> Iterator[Document]:
        """Yield one document a file, in the order of the files' paths."""
        paths = self._paths()
        for done, path in enumerate(paths):
            progress(done, len(paths))
            content = path.read_bytes()
            if b"\0" in content:
                continue
            lines = content.decode("utf-8", errors="replace").lstrip("\ufeff").splitlines()
            number = next((number for number, line in enumerate(lines) if _has_words(line)), None)
            if number is not None:
                title = one_line(lines[number].strip().strip("#"))
                text = "\n".join(lines[number + 1 :]).strip()[:MAX_TEXT_CHARS]
                yield Document(self._id(path), title, text, self._package(path), path.suffix.lower().lstrip("."))

    def _paths(self) -> list[Path]:
        found = []
        for folder, subfolders, names in os.walk(self._folder):
            subfolders[:] = [name for name in subfolders if not name.startswith(".")]
            found += [
                Path(folder, name)
                for name in names
                if name.lower().endswith(SUFFIXES) and not name.startswith(".") and Path(folder, name).is_file()
            ]
        return sorted(found)

    def _id(self, path: Path) -> str:
        relative = path.relative_to(self._folder).as_posix().encode(errors="replace").decode()
        if len(relative) <= MAX_ID_CHARS:
            return relative
        return hashlib.sha256(relative.encode()).hexdigest()  # a path this deep has no readable short form

    def _package(self, path: Path) -> str:
        relative = path.relative_to(self._folder)
        return relative.parts[0] if len(relative.parts) > 1 else self.name


def _has_words(line: str) -> bool:
    """Tell a line of text from an empty one and from a rule above a heading."""
    return any(character.isalnum() for character in line)
