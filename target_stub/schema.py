"""The JSON that goes in and out, as types: requests are decoded into them, and `/openapi.json` is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from target_stub.document import MAX_ID_CHARS, MAX_TEXT_CHARS, MAX_TITLE_CHARS

MAX_PAGE = 1000
MAX_ADDED = 1000


class NewDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A document to add."""

    title: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_TITLE_CHARS})]
    text: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
    id: Annotated[
        str, Meta(min_length=1, max_length=MAX_ID_CHARS, description="made from the content if not given")
    ] | (UnsetType) = UNSET
    package: Annotated[str, Meta(max_length=MAX_TITLE_CHARS)] = ""
    kind: Annotated[str, Meta(max_length=MAX_TITLE_CHARS)] = "document"


class AddRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Documents to add."""

    documents: Annotated[list[NewDocument], Meta(min_length=1, max_length=MAX_ADDED)]


class DocumentCard(Struct, frozen=True):
    """A document without its text."""

    id: str
    title: str
    package: str
    kind: str


class DocumentPage(Struct, frozen=True):
    """A stretch of the documents, in an order that never changes."""

    documents: list[DocumentCard]
    next: Annotated[str | None, Meta(description="the cursor of the next page; null at the end")]
    total: int


class AddAnswer(Struct, frozen=True):
    """The ids of the documents, in the order in which they were given."""

    ids: list[str]
    total: Annotated[int, Meta(description="how many documents there are now")]


class ChangedDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A document to put in the place of what is there under the id in the path."""

    title: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_TITLE_CHARS})]
    text: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
    package: Annotated[str, Meta(max_length=MAX_TITLE_CHARS)] = ""
    kind: Annotated[str, Meta(max_length=MAX_TITLE_CHARS)] = "document"


class ChunkCard(Struct, frozen=True):
    """A chunk of a file: the id of its document, and its scores."""

    id: str
    importance: Annotated[float, Meta(ge=0, le=1, description="how much it says of what its file is about")]
    density: Annotated[float, Meta(ge=0, le=1, description="share of words that say something")]


class DocumentDetail(Struct, frozen=True, omit_defaults=True):
    """A document with its text, or a file with the chunks that it became."""

    id: str
    title: str
    package: str
    kind: str
    media: Annotated[str, Meta(description="the content type it came in; empty for documents of the corpus")]
    sha256: Annotated[str, Meta(description="of the content; empty for documents of the corpus")]
    text: str | UnsetType = UNSET
    chunks: list[ChunkCard] | UnsetType = UNSET


class Removal(Struct, frozen=True):
    """What was removed."""

    id: str
    total: Annotated[int, Meta(description="how many documents there are now")]


class AddedFile(Struct, frozen=True):
    """A file of a job that was added, or that was there already."""

    id: str
    name: str
    chunks: int
    unchanged: bool


class FileProblem(Struct, frozen=True, omit_defaults=True):
    """A file of a job that could not be added."""

    code: str
    detail: str
    id: str = ""
    name: str = ""


class JobReport(Struct, frozen=True, omit_defaults=True):
    """How far a job is; `done` and `total` count pages while it reads, chunks while it embeds."""

    id: str
    state: Literal["queued", "reading", "embedding", "done", "failed", "cancelled"]
    files: int
    files_ended: int
    added: list[AddedFile]
    problems: list[FileProblem]
    done: int | None = None
    total: int | None = None


class JobList(Struct, frozen=True):
    """The jobs under way and those that ended last."""

    jobs: list[JobReport]


class Alive(Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Struct, frozen=True, omit_defaults=True):
    """Whether searches are answered; if not, what is waited for and how far that is."""

    ready: bool
    waiting_for: Literal["corpus", "vectors", "index", "embedder", "documents", "workers", "draining"] | None = None
    done: int | None = None
    total: int | None = None


class CorpusReport(Struct, frozen=True):
    """The documents searched."""

    name: str
    sha256: str
    documents: int


class EmbedderReport(Struct, frozen=True):
    """The embedder."""

    name: str
    version: str
    dim: int
    runs_in: Literal["event loop", "thread"]


class IndexReport(Struct, frozen=True):
    """The index."""

    name: str
    vectors: int
    switches: dict[str, Any]


class ConfigReport(Struct, frozen=True):
    """What runs here; corpus, embedder and index are null until they are loaded."""

    profile: str
    config: dict[str, Any]
    corpus: CorpusReport | None
    embedder: EmbedderReport | None
    index: IndexReport | None
    versions: dict[str, str]


class RouteCard(Struct, frozen=True):
    """A route."""

    method: str
    path: str
    summary: str


class Home(Struct, frozen=True):
    """The routes."""

    service: str
    routes: list[RouteCard]


class ProblemMistake(Struct, frozen=True, omit_defaults=True):
    """One of several things that are wrong with a request."""

    detail: Annotated[str, Meta(description="for people")]
    code: Annotated[str, Meta(description="stable, for programs")]
    field: (
        Annotated[str, Meta(description="JSON pointer into the body, or into the query's parameters")] | UnsetType
    ) = UNSET
    known: Annotated[list[str], Meta(description="what would have been accepted")] | UnsetType = UNSET


class Problem(Struct, frozen=True, omit_defaults=True):
    """A refusal, in the problem details of RFC 9457; `code`, `field` and `known` are those of the first mistake."""

    type: Annotated[
        str, Meta(description="the code's entry in `/problems`", extra_json_schema={"format": "uri-reference"})
    ]
    title: Annotated[str, Meta(description="the same for every problem of this type")]
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: Annotated[str, Meta(description="for people")]
    instance: Annotated[
        str,
        Meta(description="`/requests/` and the request's id", extra_json_schema={"format": "uri-reference"}),
    ]
    code: Annotated[str, Meta(description="stable, for programs")]
    field: (
        Annotated[str, Meta(description="JSON pointer into the body, or into the query's parameters")] | UnsetType
    ) = UNSET
    known: Annotated[list[str], Meta(description="what would have been accepted")] | UnsetType = UNSET
    errors: Annotated[list[ProblemMistake], Meta(description="all mistakes, where there are several")] | UnsetType = (
        UNSET
    )


class ProblemCard(Struct, frozen=True):
    """A kind of problem."""

    code: str
    title: str
    described: str


class ProblemList(Struct, frozen=True):
    """The kinds of problems that a request can meet."""

    problems: list[ProblemCard]
