"""The JSON of a search, in and out, as types."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from target_stub.document import MAX_TITLE_CHARS
from target_stub.query import MAX_QUERY_CHARS

MAX_K = 100
MAX_EF = 4096
MAX_RERANKED = 200
Mode: TypeAlias = Literal["vector", "keyword", "hybrid"]
FacetName: TypeAlias = Literal["package", "kind"]
FilterValue: TypeAlias = Annotated[str, Meta(max_length=MAX_TITLE_CHARS)]
FilterValues: TypeAlias = Annotated[list[FilterValue], Meta(min_length=1, max_length=50)]
CacheUse: TypeAlias = Literal["use", "bypass"]


class SearchParams(Struct, frozen=True, forbid_unknown_fields=True):
    """How to search."""

    exact: Annotated[bool, Meta(description="compare with every document, whatever the index is")] = False
    hnsw_ef: (
        Annotated[int, Meta(ge=1, le=MAX_EF, description="candidates kept while searching the graph")] | UnsetType
    ) = UNSET


class SearchFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """Which documents may be found: those of any of the packages, and of any of the kinds."""

    package: FilterValue | FilterValues | UnsetType = UNSET
    kind: FilterValue | FilterValues | UnsetType = UNSET


class FusionOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """How a hybrid search makes one ranking of two; what is not given is as the service's switches say."""

    method: Literal["convex", "rrf"] | UnsetType = UNSET
    weight: Annotated[float, Meta(ge=0, le=1, description="the vectors' share")] | UnsetType = UNSET
    k: Annotated[int, Meta(ge=1, le=1000, description="k of reciprocal rank fusion")] | UnsetType = UNSET


class RerankOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the best are ranked again by a better model; there are no results beyond them then."""

    top: Annotated[int, Meta(ge=0, le=MAX_RERANKED, description="how many; 0 for none")]


class SearchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A search."""

    # the decoder lets longer texts pass, so that the length is counted after trimming
    query: Annotated[
        str,
        Meta(
            description="what to look for; the length counts without white space around it",
            extra_json_schema={"minLength": 1, "maxLength": MAX_QUERY_CHARS},
        ),
    ]
    k: Annotated[int, Meta(ge=1, le=MAX_K, description="how many results")] = 10
    mode: Annotated[Mode, Meta(description="how to search")] | UnsetType = UNSET
    params: SearchParams = SearchParams()
    cache: Annotated[CacheUse, Meta(description="bypass neither reads nor writes the cache")] = "use"
    fusion: FusionOptions = FusionOptions()
    rerank: RerankOptions | UnsetType = UNSET
    filter: SearchFilter = SearchFilter()
    facets: Annotated[list[FacetName], Meta(max_length=2, description="count the matching documents by these")] = []
    cursor: Annotated[str, Meta(description="the `next` of the page before, with the same search")] | UnsetType = UNSET
    score_threshold: Annotated[float, Meta(description="leave out what scores less")] | UnsetType = UNSET
    snippets: Annotated[bool, Meta(description="show the best stretch of each text, with the words marked")] = False
    with_text: Annotated[bool, Meta(description="with each document's whole text")] = False


class Snippet(Struct, frozen=True):
    """HTML in which everything but the marks is escaped."""

    title: str
    text: str


class FacetCount(Struct, frozen=True):
    """How many of the matching documents have a value."""

    value: str
    count: int


class SearchResult(Struct, frozen=True, omit_defaults=True):
    """A document found."""

    id: str
    score: Annotated[float, Meta(description="vector: cosine; keyword: BM25; hybrid and reranked: the fused score")]
    title: str
    package: str
    kind: str
    snippet: Snippet | UnsetType = UNSET
    text: str | UnsetType = UNSET


class SearchAnswer(Struct, frozen=True):
    """What was found, best first."""

    results: list[SearchResult]
    k: int
    mode: Mode
    index: Annotated[str, Meta(description="the index that answered")]
    corpus: Annotated[str, Meta(description="sha256 of the documents searched")]
    next: Annotated[str | None, Meta(description="the cursor of the next page; null at the end")]
    facets: dict[str, list[FacetCount]] | UnsetType = UNSET
