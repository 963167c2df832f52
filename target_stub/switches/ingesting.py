"""Ingest switches: how files become documents, and where what was added is kept."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import MEGABYTE, switch


@dataclass(frozen=True)
class IngestSwitches:
    """From files to documents."""

    data_dir: str = switch("", "folder to keep added documents in across restarts; empty: in memory only")
    chunk_max_chars: int = switch(400, "characters of a chunk of a file at most", low=50, high=20_000)
    chunk_overlap_chars: int = switch(80, "how much of the chunk before a chunk may repeat", low=0, high=10_000)
    ingest_processes: int = switch(2, "files that are read at one time, each in a process of its own", low=1, high=64)
    ingest_timeout_s: float = switch(60.0, "how long reading a file may take", low=0.1, high=3600)
    ingest_memory_bytes: int = switch(
        1000 * MEGABYTE, "memory that reading a file may take", low=100 * MEGABYTE, high=64_000 * MEGABYTE
    )
    ingest_queue: int = switch(100, "files that may wait to be read; more are refused", low=1, high=100_000)
    ingest_inline_bytes: int = switch(
        64_000, "texts up to this size are added before they are answered; larger ones and PDF by a job",
        low=0, high=10 * MEGABYTE,
    )  # fmt: skip
