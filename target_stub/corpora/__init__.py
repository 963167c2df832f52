"""The kinds of corpus: docstrings of Python code, and folders of text files."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from target_stub.corpora.docstrings import DocstringCorpus
from target_stub.corpora.textfiles import TextFolderCorpus
from target_stub.corpus import CorpusSource
from target_stub.errors import ConfigError

BUILT_IN = ("stdlib", "installed")


def make_source(corpus: str) -> CorpusSource:
    """Return where the named corpus is read from: `stdlib`, `installed`, or the path of a folder.

    Raises:
        ConfigError: when it is neither a known name nor a folder.
    """
    paths = sysconfig.get_paths()
    match corpus:
        case "stdlib":
            return DocstringCorpus("stdlib", (Path(paths["stdlib"]),))
        case "installed":
            roots = dict.fromkeys(Path(paths[scheme]) for scheme in ("stdlib", "purelib", "platlib"))
            return DocstringCorpus("installed", tuple(roots))
    folder = Path(corpus).expanduser()
    if not folder.is_dir():
        raise ConfigError(
            f"there is no corpus {corpus!r}, and no folder of that name",
            hint=f"known: {', '.join(BUILT_IN)}, or the path of a folder with .txt, .md or .rst files",
        )
    return TextFolderCorpus(folder)
