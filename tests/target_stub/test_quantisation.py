"""The quantisation policy: a table of demands and what is chosen for them, with the reason in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from target_stub.config import Config
from target_stub.memory_size import memory_size_bytes
from target_stub.preparation import settled
from target_stub.quantisation import SUPPORTED, Choice, Demand, choose
from target_stub.specs import IndexSpec
from target_stub.switches.indexing import INDEXES, QUANTISATIONS

MB, GB = 10**6, 10**9

# 100 000 vectors of 256 components: 102 MB full, 17 MB graph, codes of 26 MB (int8) or 13 MB (turbo).
# 1 000 000 of 1536: 6.1 GB full, 166 MB graph, codes of 1.5 GB (int8), 768 MB (turbo), 192 MB (binary).
TABLE = [
    ("exact", Demand(100_000, 256, 1000, 16 * GB), "none", "cached", "exact index"),
    ("qdrant", Demand(4_000, 256, 1000, 16 * GB), "none", "cached", "as fast without codes"),
    ("qdrant", Demand(100_000, 256, 10, 16 * GB), "none", "cached", "they fit"),
    ("qdrant", Demand(100_000, 256, 1000, 16 * GB), "int8", "cached", "16% of a core"),
    ("qdrant-server", Demand(100_000, 256, 1000, 16 * GB), "int8", "cached", "16% of a core"),
    ("qdrant", Demand(100_000, 256, 1000, 130 * MB), "int8", "cold", "stay on disk"),
    ("qdrant", Demand(100_000, 256, 10, 110 * MB), "int8", "cold", "stay on disk"),
    ("qdrant", Demand(100_000, 256, 1000, 35 * MB), "turbo", "cold", "stay on disk"),
    ("qdrant", Demand(100_000, 256, 1000, 20 * MB), "turbo", "cold", "do not fit into 20 MB"),
    ("qdrant", Demand(1_000_000, 1536, 100, 16 * GB), "int8", "cached", "halve"),
    ("qdrant", Demand(1_000_000, 1536, 100, 2 * GB), "int8", "cold", "stay on disk"),
    ("qdrant", Demand(1_000_000, 1536, 100, 1 * GB), "turbo", "cold", "stay on disk"),
    ("qdrant", Demand(1_000_000, 1536, 100, 500 * MB), "binary", "cold", "stay on disk"),
    ("qdrant", Demand(1_000_000, 1536, 100, 100 * MB), "binary", "cold", "do not fit"),
    ("usearch", Demand(4_000, 256, 1000, 16 * GB), "none", "cached", "as fast without codes"),
    ("usearch", Demand(100_000, 256, 1000, 16 * GB), "bf16", "cached", "half the time"),
    ("usearch", Demand(100_000, 256, 1000, 50 * MB), "int8", "cold", "stay on disk"),
    ("usearch", Demand(100_000, 256, 1000, 20 * MB), "int8", "cold", "do not fit"),
]


@pytest.mark.parametrize(("index", "demand", "quantisation", "memory", "because"), TABLE)
def test_size_rate_and_memory_decide(index: str, demand: Demand, quantisation: str, memory: str, because: str) -> None:
    """The row's own choice, in words a person can check."""
    choice = choose(index, demand)
    assert (choice.quantisation, choice.memory) == (quantisation, memory)
    assert because in choice.reason
    assert choice.quantisation in SUPPORTED[index]


def test_binary_codes_are_scored_again_the_most() -> None:
    """They lose the most: ten candidates for each result; full vectors need none."""
    by_codes = {
        codes: choose("qdrant", Demand(1_000_000, 1536, 100, memory)).oversampling
        for codes, memory in (("int8", 16 * GB), ("binary", 500 * MB))
    }
    assert by_codes == {"int8": 2.0, "binary": 10.0}
    assert choose("qdrant", Demand(10, 8, 1, GB)).oversampling == 1.0


def test_sizes_are_estimated_as_they_were_measured() -> None:
    """Qdrant's int8 codes of 100 000 x 256 take 26 MB, its turbo codes 13 MB, the graph at m = 16 some 17 MB."""
    demand = Demand(100_000, 256, 1, GB)
    assert demand.full_bytes == 102_400_000
    assert demand.code_bytes("int8") == 25_600_000
    assert demand.code_bytes("turbo") == 12_800_000
    assert demand.graph_bytes == pytest.approx(17e6, rel=0.1)


def test_every_index_and_every_kind_of_codes_can_be_asked_for() -> None:
    """The switches and the policy know the same names."""
    assert {*SUPPORTED} == {*INDEXES}
    assert {codes for known in SUPPORTED.values() for codes in known} | {"auto"} == {*QUANTISATIONS}


def test_only_auto_is_settled_by_the_policy() -> None:
    """Whoever names codes gets them, with their own oversampling and place."""
    named = Config(index_quantisation="turbo", index_oversampling=7, index_memory="pinned")
    assert settled(named, 1_000_000, 1536) == (named.index_spec, "")
    spec, because = settled(
        Config(index_quantisation="auto", index_rate_per_s=1000, index_memory_budget_bytes=130 * MB), 100_000, 256
    )
    assert spec == IndexSpec("qdrant", quantisation="int8", oversampling=2.0, memory="cold")
    assert "130 MB" in because


def test_without_a_budget_half_of_the_machine_counts() -> None:
    """As much memory as nobody has: it cannot fit."""
    spec, because = settled(Config(index_quantisation="auto"), 10**11, 1536)
    assert (spec.quantisation, spec.memory) == ("binary", "cold")
    assert f"{memory_size_bytes() // 2 / 1e6:,.0f} MB" in because


def test_a_choice_can_be_told(tmp_path: Path) -> None:
    """The container's limit counts where it is below the machine's memory; version 2 and version 1 of cgroups."""
    assert isinstance(choose("exact", Demand(1, 1, 1, 1)), Choice)
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text("MemTotal:       1000 kB\nMemFree:        10 kB\n")
    assert memory_size_bytes(tmp_path) == 1_024_000
    (tmp_path / "sys/fs/cgroup/memory").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/memory.max").write_text("max\n")
    assert memory_size_bytes(tmp_path) == 1_024_000
    (tmp_path / "sys/fs/cgroup/memory.max").write_text("500000\n")
    assert memory_size_bytes(tmp_path) == 500_000
    (tmp_path / "sys/fs/cgroup/memory/memory.limit_in_bytes").write_text("400000\n")
    assert memory_size_bytes(tmp_path) == 400_000
