"""Quantisation: which codes suit an index of a size, under a load, in a memory. A pure policy, with its reasons.

The figures are those of docs/performance.md, "Index": at 256 dimensions and equal recall, a search over int8 codes
takes half the time of one over float32; binary codes lose too much recall below some thousand dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

FEW_VECTORS = 10_000  # a search of fewer takes some 60 us whatever the codes: they would only add memory
FULL_SEARCH_S = 160e-6  # of a core, for a search at ef 64 over float32 vectors of 256 dimensions
REFERENCE_DIM = 256
IDLE_SHARE = 0.05  # below this share of a core, halving the searches' cost is not worth the codes' memory
BINARY_FROM_DIM = 1024  # recall@10 at 256 dimensions is .42 without and .84 with rescoring ten times as many
LINK_BYTES = 4
LINKS_PER_M = 2.6  # twice m on the lowest level, the levels above, and their bookkeeping: measured at m = 16

BYTES_PER_DIM = {"none": 0.0, "bf16": 2.0, "int8": 1.0, "turbo": 0.5, "binary": 0.125}
"""Of the codes alone; `none` has none. bf16 stands for the vectors inside the graph of usearch."""
OVERSAMPLING = {"none": 1.0, "bf16": 1.0, "int8": 2.0, "turbo": 2.0, "binary": 10.0}
"""Candidates scored again for each result wanted, so that recall is about that of full vectors."""
SUPPORTED = {
    "exact": ("none",),
    "qdrant": ("none", "int8", "turbo", "binary"),
    "qdrant-server": ("none", "int8", "turbo", "binary"),
    "usearch": ("none", "bf16", "int8"),
}


@dataclass(frozen=True, slots=True)
class Demand:
    """What an index is wanted for: so many vectors of so many components, searched so often, in so much memory."""

    vectors: int
    dim: int
    rate_per_s: float
    memory_bytes: int
    m: int = 16

    @property
    def full_bytes(self) -> int:
        """Size of the full vectors, float32."""
        return 4 * self.dim * self.vectors

    @property
    def graph_bytes(self) -> int:
        """Size of the graph's links, about."""
        return int(LINKS_PER_M * self.m * LINK_BYTES * self.vectors)

    def code_bytes(self, quantisation: str) -> int:
        """Size of the codes."""
        return int(BYTES_PER_DIM[quantisation] * self.dim * self.vectors)


@dataclass(frozen=True, slots=True)
class Choice:
    """Codes, how many candidates to score again, where the full vectors are, and why."""

    quantisation: str
    oversampling: float
    memory: str
    reason: str


def choose(index: str, demand: Demand) -> Choice:
    """Return the codes for an index of this name; of several that fit, those that answer fastest at equal recall."""
    share = demand.rate_per_s * FULL_SEARCH_S * demand.dim / REFERENCE_DIM
    size = f"{demand.vectors:,} vectors of {demand.dim}"
    if index == "exact":
        return _choice("none", "cached", "the exact index compares full vectors")
    if demand.vectors < FEW_VECTORS:
        return _choice("none", "cached", f"{size} are searched as fast without codes")
    everything = demand.full_bytes + demand.graph_bytes
    if index == "usearch":
        return _for_usearch(demand, size)
    if share < IDLE_SHARE and everything <= demand.memory_bytes:
        reason = f"at {demand.rate_per_s:g} searches/s full vectors cost {share:.0%} of a core, and they fit: {size}"
        return _choice("none", "cached", reason)
    if everything + demand.code_bytes("int8") <= demand.memory_bytes:
        reason = f"{size} fit with int8 codes, which halve the {share:.0%} of a core that full vectors would cost"
        return _choice("int8", "cached", reason)
    return _smallest(demand, size, ("int8", "turbo", "binary") if demand.dim >= BINARY_FROM_DIM else ("int8", "turbo"))


def _for_usearch(demand: Demand, size: str) -> Choice:
    if demand.code_bytes("bf16") + demand.graph_bytes <= demand.memory_bytes:
        reason = f"{size} fit as bf16, which finds as much as float32 in half the time and memory"
        return _choice("bf16", "cached", reason)
    return _smallest(demand, size, ("int8",))


def _smallest(demand: Demand, size: str, codes: tuple[str, ...]) -> Choice:
    """Return the first codes that fit with the graph while the full vectors stay on disk; the last if none does."""
    for quantisation in codes:
        needed = demand.code_bytes(quantisation) + demand.graph_bytes
        if needed <= demand.memory_bytes:
            reason = (
                f"{size} take {_megabytes(demand.full_bytes)}, too much for {_megabytes(demand.memory_bytes)}: "
                f"{quantisation} codes and graph fit with {_megabytes(needed)}, the full vectors stay on disk"
            )
            return _choice(quantisation, "cold", reason)
    needed = demand.code_bytes(codes[-1]) + demand.graph_bytes
    reason = (
        f"{size} do not fit into {_megabytes(demand.memory_bytes)}, even {codes[-1]} codes and graph take "
        f"{_megabytes(needed)}: expect reads from disk, or give the index more memory or a Qdrant server"
    )
    return _choice(codes[-1], "cold", reason)


def _choice(quantisation: str, memory: str, reason: str) -> Choice:
    return Choice(quantisation, OVERSAMPLING[quantisation], memory, reason)


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.0f} MB"
