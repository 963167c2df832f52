"""The Qdrant server index: a collection of a Qdrant server or cluster, reached by its address through qdrant-client.

For those who outgrow one machine: shards and replicas are the cluster's affair. A collection is named after what it
was made from and never changed, so several versions stand side by side, and services share them; rows appended later
are scanned here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep

import orjson
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from target_stub.embedder import Vector, Vectors
from target_stub.errors import ConfigError, UnavailableError
from target_stub.filter import Filter
from target_stub.index import IndexUnusableError, Neighbours, best_of
from target_stub.indexes.exact import scan
from target_stub.indexes.sieve import sieved
from target_stub.specs import IndexSpec, ServerSpec
from target_stub.table import Label, Table

COLLECTION_FILE = "collection.json"
PREFIX = "tenfold"
UPSERT_ROWS = 500  # some 1 MB of JSON at 256 dimensions; the server takes 32 MB by default
UPSERT_TIMEOUT_S = 60
BUILD_TIMEOUT_S = 3600.0
POLL_S = 0.2
NOT_FOUND = 404
PACKAGE, KIND = "package", "kind"  # fields of a point's payload, each with an index
QUANTILE = 0.99  # the outermost 1 % of components is clipped, so that the int8 steps are spent on the others
MEMORY = {"pinned": models.Memory.PINNED, "cached": models.Memory.CACHED, "cold": models.Memory.COLD}


def connect(server: ServerSpec) -> QdrantClient:
    """Return a client of the server; nothing is asked yet."""
    return QdrantClient(
        url=server.url, api_key=server.api_key or None, timeout=server.timeout_s, check_compatibility=False
    )


def build_qdrant_server(folder: Path, vectors: Vectors, labels: Sequence[Label], spec: IndexSpec) -> None:
    """Make the collection on the server, wait until it is indexed, and note its name in an empty folder.

    Raises:
        ConfigError: when the server cannot be reached, or refuses.
    """
    client = connect(spec.server)
    name = fill(client, vectors, labels, spec)
    (folder / COLLECTION_FILE).write_bytes(orjson.dumps({"collection": name, "url": spec.server.url}))
    client.close()


def fill(client: QdrantClient, vectors: Vectors, labels: Sequence[Label], spec: IndexSpec) -> str:
    """Make the collection, unless it is there whole, and return its name; what was left half made is made anew.

    Raises:
        ConfigError: when the server cannot be reached, or refuses.
    """
    name = collection_name(vectors, labels, spec)
    told_of = f"the Qdrant server at {spec.server.url}"
    try:
        if client.collection_exists(name):
            if client.count(name, exact=True).count == len(vectors):
                _wait_until_indexed(client, name)
                return name
            client.delete_collection(name)
        client.create_collection(
            name,
            vectors_config=models.VectorParams(
                size=vectors.shape[1], distance=models.Distance.DOT, memory=MEMORY[spec.memory]
            ),
            hnsw_config=models.HnswConfigDiff(
                m=spec.m, ef_construct=spec.ef_construct, full_scan_threshold=spec.full_scan_kb
            ),
            quantization_config=_codes(spec.quantisation),
        )
        for field in (PACKAGE, KIND):
            client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
        for start in range(0, len(vectors), UPSERT_ROWS):
            rows = range(start, min(start + UPSERT_ROWS, len(vectors)))
            batch = models.Batch(
                ids=list(rows),
                vectors=vectors[rows.start : rows.stop].tolist(),
                payloads=[{PACKAGE: labels[row][0], KIND: labels[row][1]} for row in rows],
            )
            client.upsert(name, batch, wait=True, timeout=UPSERT_TIMEOUT_S)
        _wait_until_indexed(client, name)
    except (ApiException, QdrantException) as error:
        raise ConfigError(
            f"{told_of} did not take the vectors: {_short(error)}",
            hint="check --qdrant-url and the API key, and what the server's log says",
        ) from error
    return name


def collection_name(vectors: Vectors, labels: Sequence[Label], spec: IndexSpec) -> str:
    """Return a name that stands for the vectors, the labels and how the collection is built."""
    digest = hashlib.sha256(vectors.tobytes())
    digest.update(orjson.dumps([labels, spec.built_from()]))
    return f"{PREFIX}-{digest.hexdigest()[:24]}"


def _codes(
    quantisation: str,
) -> models.ScalarQuantization | models.BinaryQuantization | models.TurboQuantization | None:
    """Return how codes are made; they are always pinned in memory, that is what they are for."""
    pinned = models.Memory.PINNED
    match quantisation:
        case "int8":
            return models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=QUANTILE, memory=pinned)
            )
        case "binary":
            return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(memory=pinned))
        case "turbo":
            return models.TurboQuantization(turbo=models.TurboQuantQuantizationConfig(memory=pinned))
        case _:
            return None


def _wait_until_indexed(client: QdrantClient, name: str) -> None:
    """Wait while the server says that it still optimises."""
    deadline_s = monotonic() + BUILD_TIMEOUT_S
    while client.get_collection(name).status in (models.CollectionStatus.YELLOW, models.CollectionStatus.GREY):
        if monotonic() > deadline_s:
            raise ConfigError(
                f"the Qdrant server has been indexing {name} for {BUILD_TIMEOUT_S / 60:.0f} minutes",
                hint="see its log; a grey collection waits for an update to go on optimising",
            )
        sleep(POLL_S)


def open_qdrant_server(folder: Path, table: Table, spec: IndexSpec) -> QdrantServerIndex:
    """Return the index over the collection that was noted in the folder.

    Raises:
        ConfigError: when the server cannot be reached, or refuses.
        IndexUnusableError: when the collection is gone, or is not the one that was made.
    """
    noted = orjson.loads((folder / COLLECTION_FILE).read_bytes())
    return QdrantServerIndex(connect(spec.server), noted["collection"], table, spec)


class QdrantServerIndex:
    """A collection on a server; to be searched from threads, since each search waits for the network."""

    name = "qdrant-server"

    def __init__(self, client: QdrantClient, collection: str, table: Table, spec: IndexSpec) -> None:
        self._client = client
        self._collection = collection
        self._table = table
        self._known = len(table)
        self._spec = spec
        self._rescoring = None
        if spec.quantisation != "none":
            self._rescoring = models.QuantizationSearchParams(
                rescore=spec.rescore, oversampling=spec.oversampling if spec.rescore else None
            )
        try:
            self._check()
        except UnexpectedResponse as error:
            if error.status_code == NOT_FOUND:
                raise IndexUnusableError(f"the server at {spec.server.url} has no collection {collection}") from error
            raise _no_server(spec, error) from error
        except (ApiException, QdrantException) as error:
            raise _no_server(spec, error) from error

    def _check(self) -> None:
        """Look whether the collection is the one that was made: whole, not failed, and for vectors of this length."""
        told = self._client.get_collection(self._collection)
        if told.status == models.CollectionStatus.RED:
            raise IndexUnusableError(f"the server says that the collection {self._collection} has failed")
        vectors, dim = told.config.params.vectors, self._table.rows.vectors.shape[1]
        wanted = (dim, models.Distance.DOT)
        if not isinstance(vectors, models.VectorParams) or (vectors.size, vectors.distance) != wanted:
            raise IndexUnusableError(f"the collection {self._collection} is not one of {dim} components by dot product")
        found = self._client.count(self._collection, exact=True).count
        if found != self._known:
            raise IndexUnusableError(f"the collection {self._collection} has {found} vectors, the table {self._known}")

    def search(self, vector: Vector, k: int, ef: int | None = None, where: Filter | None = None) -> Neighbours:
        """Return about the k nearest rows; a larger `ef` finds more of the true ones and takes longer.

        Raises:
            UnavailableError: when the server does not answer in time, or refuses.
        """
        rows = self._table.rows
        wanted, condition, ef = vector.tolist(), _condition(where), ef or self._spec.ef
        if rows.removed is None:
            found = self._ask(wanted, k, ef, condition)
        else:
            there = ~rows.removed
            found = sieved(lambda count: self._ask(wanted, count, ef, condition), k, there, self._known)
        if len(rows) > self._known:
            selection = rows.selection(where)
            numbers = None if selection is None else selection.numbers
            found += scan(rows.vectors, vector, k, numbers, first=self._known)
        return best_of(found, k)

    def _ask(self, vector: list[float], k: int, ef: int, condition: models.Filter | None) -> Neighbours:
        params = models.SearchParams(hnsw_ef=max(ef, k), quantization=self._rescoring)
        try:
            answer = self._client.query_points(
                self._collection,
                query=vector,
                query_filter=condition,
                search_params=params,
                limit=k,
                with_payload=False,
            )
        except (ApiException, QdrantException) as error:
            raise UnavailableError(
                f"the Qdrant server at {self._spec.server.url} did not answer a search: {_short(error)}"
            ) from error
        return [(int(point.id), point.score) for point in answer.points]


def _condition(where: Filter | None) -> models.Filter | None:
    if not where:
        return None
    wanted = [(field, sorted(names)) for field, names in ((PACKAGE, where.packages), (KIND, where.kinds)) if names]
    return models.Filter(
        must=[models.FieldCondition(key=field, match=models.MatchAny(any=names)) for field, names in wanted]
    )


def _no_server(spec: IndexSpec, error: Exception) -> ConfigError:
    return ConfigError(
        f"the Qdrant server at {spec.server.url} cannot be used: {_short(error)}",
        hint="start it, or give another --qdrant-url, or --index qdrant for the embedded one",
    )


def _short(error: Exception) -> str:
    """Return one line of what went wrong; the client wraps what the network said."""
    source = getattr(error, "source", None) or error
    return " ".join(str(source).split())[:200] or type(source).__name__
