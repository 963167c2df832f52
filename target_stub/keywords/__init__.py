"""The known keyword indexes."""

from __future__ import annotations

from pathlib import Path

from target_stub.errors import ConfigError
from target_stub.keyword import KeywordIndex
from target_stub.specs import KeywordSpec

KNOWN = ("off", "bm25")


def make_keyword_index(spec: KeywordSpec, folder: Path) -> KeywordIndex:
    """Open the keyword index that the spec names; `folder` holds the postings that were kept.

    Raises:
        ConfigError: when there is no such index.
    """
    match spec.name:
        case "bm25":
            from target_stub.keywords.bm25 import Bm25Index
            from target_stub.postings import Postings

            return Bm25Index(Postings.load(folder), k1=spec.k1, b=spec.b)
        case _:
            raise ConfigError(f"there is no keyword index {spec.name!r}", hint=f"known: {', '.join(KNOWN)}")
