"""The docstrings of Python files as a corpus. Files are parsed with `ast`; nothing is ever imported or run."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import platform
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from target_stub.corpus import Progress
from target_stub.document import MAX_TEXT_CHARS, Document, one_line
from target_stub.workers import available_cores, spread

READER = 1  # raise it when the same files would become other documents
MIN_CHARS = 80  # shorter docstrings ("Return the name.") say too little to be searched for
MAX_CHARS = 4000  # the 99th percentile of installed docstrings; beyond it come tables and change logs
JOB_FILES = 25
SPREAD_FROM_FILES = 1500  # below, starting processes takes longer than reading
SKIPPED_FOLDERS = frozenset(
    {
        *("test", "tests", "testing", "__pycache__", "site-packages", "dist-packages"),
        *("_vendor", "_vendored", "idlelib", "lib2to3", "turtledemo", "ensurepip"),
    }
)
Definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Python file, the dotted name it would be imported by, and a stamp that changes with its content."""

    path: Path
    module: str
    stamp: str


class DocstringCorpus:
    """The docstrings of at least `MIN_CHARS` characters below some folders, equal texts once."""

    def __init__(self, name: str, roots: tuple[Path, ...]) -> None:
        self.name = name
        self._roots = roots

    def fingerprint(self) -> Mapping[str, Any]:
        """Return a hash over every file's module name, size and time of change, and the parser's version."""
        digest = hashlib.sha256()
        for file in self._files():
            digest.update(f"{file.module}\0{file.stamp}\n".encode(errors="replace"))
        return {"reader": READER, "python": platform.python_version(), "files": digest.hexdigest()}

    def documents(self, progress: Progress) -> Iterator[Document]:
        """Yield a document for each class, function, method and module that says enough about itself."""
        ids: set[str] = set()
        texts: set[bytes] = set()
        files = self._files()
        done = 0
        for documents in _read_all(files):
            progress(min(done, len(files)), len(files))
            done += JOB_FILES
            for document in documents:
                words = f"{document.title} {document.text.partition(chr(10))[2]}".lower().split()
                text = hashlib.blake2b(" ".join(words).encode(), digest_size=16).digest()
                if document.id not in ids and text not in texts:
                    ids.add(document.id)
                    texts.add(text)
                    yield document

    def _files(self) -> list[SourceFile]:
        return [file for root in self._roots for file in sorted(_walk(root), key=lambda file: file.module)]


def _walk(root: Path) -> Iterator[SourceFile]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [
            name
            for name in subfolders
            if name not in SKIPPED_FOLDERS and not name.endswith((".dist-info", ".egg-info", ".data"))
        ]
        package = Path(folder).relative_to(root).parts
        for name in names:
            if name.endswith(".py") and not name.startswith("test_") and name != "conftest.py":
                stem = name.removesuffix(".py")
                parts = package if stem == "__init__" else (*package, stem)
                stamp = _stamp(Path(folder, name)) if parts else ""
                if stamp:
                    yield SourceFile(Path(folder, name), ".".join(parts), stamp)


def _stamp(path: Path) -> str:
    """Return size and time of change, or nothing for a file that cannot be looked at, such as a broken link."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}"


def _read_all(files: Sequence[SourceFile]) -> Iterator[list[Document]]:
    """Yield the documents of each `JOB_FILES` files in turn, read by several processes where there are many."""
    jobs = [files[start : start + JOB_FILES] for start in range(0, len(files), JOB_FILES)]
    if len(files) < SPREAD_FROM_FILES:
        return map(_read, jobs)
    return spread(_read, jobs, processes=available_cores())


def _read(files: Sequence[SourceFile]) -> list[Document]:
    return [document for file in files for document in documents_of(file)]


def documents_of(file: SourceFile) -> Iterator[Document]:
    """Yield the documents of one file; a file that does not parse has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's invalid escapes
            tree = ast.parse(file.path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    package = file.module.partition(".")[0]
    for symbol, kind, node in _definitions(tree, file.module):
        docstring = _docstring(node)
        if len(docstring) >= MIN_CHARS:
            title, rest = split_summary(docstring[:MAX_CHARS])
            if title:
                text = f"{_signature(symbol, node)}\n{rest}".strip()
                yield Document(symbol, title, text[:MAX_TEXT_CHARS], package, kind)


def _definitions(tree: ast.Module, module: str) -> Iterator[tuple[str, str, Definition]]:
    """Yield symbol, kind and node of the module, its classes and its functions; those inside functions are private."""
    yield module, "module", tree
    waiting: list[tuple[str, ast.Module | ast.ClassDef]] = [(module, tree)]
    while waiting:
        prefix, scope = waiting.pop()
        for node in scope.body:
            if isinstance(node, ast.ClassDef):
                yield f"{prefix}.{node.name}", "class", node
                waiting.append((f"{prefix}.{node.name}", node))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                kind = "method" if isinstance(scope, ast.ClassDef) else "function"
                yield f"{prefix}.{node.name}", kind, node


def _docstring(node: Definition) -> str:
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
            return inspect.cleandoc(text).encode(errors="replace").decode()  # lone surrogates cannot be sent as UTF-8
    return ""


def _signature(symbol: str, node: Definition) -> str:
    """Return `name(parameter, ...)` without the receiver; a class has the parameters of its `__init__`."""
    name = symbol.rpartition(".")[2]
    if isinstance(node, ast.ClassDef):
        makers = (item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")
        maker = next(makers, None)
        return f"{name}({_parameters(maker)})" if maker else name
    return symbol if isinstance(node, ast.Module) else f"{name}({_parameters(node)})"


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = node.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return ", ".join(name for name in names if name not in ("self", "cls"))


def split_summary(docstring: str) -> tuple[str, str]:
    """Split a docstring into its summary, one line, and the rest: at the first full stop of the first paragraph."""
    paragraph, _, rest = docstring.strip().partition("\n\n")
    words = " ".join(paragraph.split())
    # a summary below 20 characters is an abbreviation's dot ("e.g.") more often than a sentence
    if sentence := re.match(r"(.{20,}?[.!?])\s+(.+)$", words):
        words, rest = sentence[1], f"{sentence[2]}\n\n{rest}"
    title = one_line(words)
    return title, f"{words[len(title) :].strip()}\n\n{rest}".strip()
