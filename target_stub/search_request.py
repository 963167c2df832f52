"""Search request: from a body, or a URL's parameters, to a query with the service's defaults, or to a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from target_stub.config import Config
from target_stub.cursor import CursorError
from target_stub.decoding import decode
from target_stub.filter import Filter
from target_stub.fusion import Fusion
from target_stub.query import MAX_QUERY_CHARS, Query, normal_form
from target_stub.request_error import bad_request, pointer
from target_stub.search_schema import FusionOptions, SearchFilter, SearchRequest

search_decoder = msgspec.json.Decoder(SearchRequest)

Open = Callable[[str, Query], Query]
"""Returns the query that goes on behind a cursor, or raises `CursorError`."""

DEFAULT_FUSION = Fusion(weight=0.3)
NUMBERS = {"k": int, "score_threshold": float}
FLAGS = {"true": True, "1": True, "false": False, "0": False}
PARAMETERS = (
    *("query", "k", "mode", "package", "kind", "facets", "rerank"),
    *("cursor", "score_threshold", "snippets", "with_text", "cache"),
)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a search does where it does not say, and what this service has at all."""

    mode: str = "vector"
    fusion: Fusion = DEFAULT_FUSION
    rerank: int = 0
    has_keywords: bool = True
    has_reranker: bool = False

    @classmethod
    def of(cls, config: Config) -> Defaults:
        """Return what a service's switches say."""
        return cls(
            mode=config.mode,
            fusion=Fusion(config.fusion, config.fusion_weight, config.rrf_k),
            rerank=config.rerank_depth if config.rerank != "off" else 0,
            has_keywords=config.keyword != "off",
            has_reranker=config.rerank != "off",
        )


def search_query(body: bytes, defaults: Defaults | None = None, open_cursor: Open | None = None) -> Query:
    """Return the query that a search's body asks for.

    Raises:
        RequestError: with status 400.
    """
    request = decode(search_decoder, body)
    defaults = defaults or Defaults()
    mode = defaults.mode if isinstance(request.mode, UnsetType) else request.mode
    params = request.params
    query = Query(
        _text(request.query),
        request.k,
        mode,
        params.exact,
        None if isinstance(params.hnsw_ef, UnsetType) else params.hnsw_ef,
        request.cache == "use",
        fusion=_fusion(request.fusion, defaults.fusion) if mode == "hybrid" else None,
        rerank=defaults.rerank if isinstance(request.rerank, UnsetType) else request.rerank.top,
        where=_where(request.filter),
        facets=tuple(dict.fromkeys(request.facets)),
        score_threshold=None if isinstance(request.score_threshold, UnsetType) else request.score_threshold,
        snippets=request.snippets,
        with_text=request.with_text,
    )
    _possible(query, defaults)
    if isinstance(request.cursor, UnsetType) or open_cursor is None:
        return query
    try:
        return open_cursor(request.cursor, query)
    except CursorError as error:
        raise bad_request(error.code, str(error), field="/cursor") from error


def _text(given: str) -> str:
    text = normal_form(given)
    if not text:
        raise bad_request("empty_query", "the query holds no character that could be searched for", field="/query")
    if len(text) > MAX_QUERY_CHARS:
        raise bad_request(
            "out_of_range", f"the query has {len(text)} characters, at most {MAX_QUERY_CHARS} are read", field="/query"
        )
    return text


def _fusion(asked: FusionOptions, default: Fusion) -> Fusion:
    given = {name: its for name in ("method", "weight", "k") if (its := getattr(asked, name)) is not UNSET}
    return replace(default, **given) if given else default


def _where(asked: SearchFilter) -> Filter:
    return Filter(_values(asked.package), _values(asked.kind))


def _values(given: str | list[str] | UnsetType) -> frozenset[str]:
    if isinstance(given, UnsetType):
        return frozenset()
    return frozenset((given,) if isinstance(given, str) else given)


def _possible(query: Query, defaults: Defaults) -> None:
    if query.mode != "vector" and not defaults.has_keywords:
        message = f"mode {query.mode} needs the index over words; start the service with --keyword bm25"
        raise bad_request("keyword_off", message, field="/mode", known=("vector",))
    if query.rerank and not defaults.has_reranker:
        message = "no better model is loaded; start the service with --rerank minilm, or ask without rerank"
        raise bad_request("rerank_off", message, field="/rerank")


def body_of(parameters: Mapping[str, str], many: Callable[[str], Sequence[str]]) -> bytes:
    """Return the body that says the same as a URL's parameters; `many` returns all values of one.

    Raises:
        RequestError: with status 400, when there is no such parameter.
    """
    told: dict[str, Any] = {}
    for name, text in parameters.items():
        if name not in PARAMETERS:
            raise bad_request("unknown_field", f"there is no parameter {name!r}", field=pointer(name), known=PARAMETERS)
        if name in ("package", "kind"):
            told.setdefault("filter", {})[name] = list(many(name))
        elif name == "facets":
            told[name] = [its for value in many(name) for its in value.split(",")]
        elif name == "rerank":
            told[name] = {"top": _number(int, text)}
        elif name in NUMBERS:
            told[name] = _number(NUMBERS[name], text)
        else:
            told[name] = FLAGS.get(text, text) if name in ("snippets", "with_text") else text
    return msgspec.json.encode(told)


def _number(kind: type[int] | type[float], text: str) -> int | float | str:
    try:
        return kind(text)
    except ValueError:
        return text  # the decoder says what it should have been
