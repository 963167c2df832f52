"""Encoding: an answer's events as server-sent events, or as one JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from target_stub.answering.events import Done, Event, Sources, Words

SCORE_DIGITS = 6


def event_bytes(event: Event) -> bytes:
    """Return an event as it is streamed."""
    match event:
        case Sources():
            told = {"sources": _cited(event), "route": event.route, "written_by": event.writer}
            return named_event("sources", told)
        case Words():
            return named_event("token", {"text": event.text})
        case Done():
            return named_event("done", _end(event))


def named_event(name: str, content: Mapping[str, Any]) -> bytes:
    """Return a server-sent event; JSON has no line ends of its own."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(content))


def whole(events: Sequence[Event]) -> bytes:
    """Return a whole answer as one JSON."""
    (sources,) = (event for event in events if isinstance(event, Sources))
    (done,) = (event for event in events if isinstance(event, Done))
    text = "".join(event.text for event in events if isinstance(event, Words))
    return orjson.dumps({"answer": text, "sources": _cited(sources), **_end(done)})


def _cited(event: Sources) -> list[dict[str, Any]]:
    return [
        {"number": its.number, "id": its.document_id, "title": its.title, "score": round(its.score, SCORE_DIGITS)}
        for its in event.cited
    ]


def _end(done: Done) -> dict[str, Any]:
    return {
        "route": done.route,
        "written_by": done.writer,
        "model": done.model,
        "source": done.source,
        "degraded": done.degraded,
        "finish_reason": done.finish_reason,
        "usage": {"prompt_tokens": done.prompt_tokens, "completion_tokens": done.completion_tokens},
        "cost_micros": done.cost_micros,
        "timings_ms": {stage: round(seconds * 1e3, 3) for stage, seconds in done.stages_s.items()},
    }
