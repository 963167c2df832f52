"""The kinds of problems that a request can meet: by code, with the title that each always has and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PROBLEMS_PATH = "/problems"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem in RFC 9457's sense: the title is the same for each occurrence."""

    title: str
    described: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "admin_off": ProblemType("Administration is off", "The service was started without an admin token."),
    "bad_cursor": ProblemType("Unknown cursor", "A cursor is what the page before gave out, and nothing else."),
    "bad_deadline": ProblemType("Unreadable deadline", "A header that says how long to wait is no number above 0."),
    "bad_request": ProblemType("Bad request", "The request is not one that this service understands."),
    "body_too_large": ProblemType("Body too large", "The body, unpacked, has more bytes than this route reads."),
    "broken_pdf": ProblemType("Broken PDF", "The file is no PDF, or damaged beyond reading."),
    "conflict": ProblemType("Conflict", "What is there already means something else."),
    "deadline_exceeded": ProblemType(
        "Deadline exceeded", "The time that the request gave, or the service's own bound, is over."
    ),
    "disk_full": ProblemType("Disk full", "There is no room on the disk of the data folder; nothing was added."),
    "draining": ProblemType("Shutting down", "The service finishes what it has begun; ask another one."),
    "duplicate_id": ProblemType("Id given twice", "One request gives an id to two different documents."),
    "empty_query": ProblemType("Empty query", "The query holds no character that could be searched for."),
    "faults_off": ProblemType("Faults are off", "The service was started without `--faults`, which lets them be set."),
    "file_too_long": ProblemType(
        "File too long", "Reading the file takes more pages, text, time or memory than it may."
    ),
    "foreign_cursor": ProblemType("Cursor of another search", "A cursor leads on from the search that gave it out."),
    "ingest_full": ProblemType(
        "Too many files wait", "As many files wait to be read as may; `Retry-After` says when to try again."
    ),
    "injected_fault": ProblemType(
        "Injected fault", "A fault was asked for through `/admin/faults`; nothing is broken."
    ),
    "internal": ProblemType("Internal error", "A fault of the service, which its log has under the request's id."),
    "invalid_body": ProblemType("Unreadable body", "The body is cut short, or not encoded as its headers say."),
    "invalid_id": ProblemType("Invalid id", "An id must not hold control characters or line ends."),
    "invalid_json": ProblemType("Invalid JSON", "The body is not JSON, or not in UTF-8."),
    "job_finished": ProblemType("Job finished", "A job that has come to its end cannot be cancelled."),
    "keyword_off": ProblemType("Keyword search is off", "The service was started with `--keyword off`."),
    "locked_pdf": ProblemType("Locked PDF", "The PDF is encrypted with a password."),
    "method_not_allowed": ProblemType("Method not allowed", "The route exists; `known` has the methods that it takes."),
    "missing_field": ProblemType("Missing field", "A field without a default was not given."),
    "no_admin_token": ProblemType("Admin token missing", "The route takes the service's admin token."),
    "no_text": ProblemType("No text", "The file holds no words; pictures of text are not recognised."),
    "not_found": ProblemType("Not found", "There is nothing of that name."),
    "not_ready": ProblemType("Not ready", "The service is still loading; `/readyz` tells how far it is."),
    "out_of_range": ProblemType("Out of range", "A number or a length is outside of its bounds."),
    "overloaded": ProblemType(
        "Overloaded", "There is more work than can be done; `Retry-After` says when to ask again."
    ),
    "quota_used_up": ProblemType("Quota used up", "The user has made all requests of this day (UTC)."),
    "rerank_off": ProblemType("Reranking is off", "The service was started without `--rerank minilm`."),
    "stale_cursor": ProblemType("Outdated cursor", "The documents have changed since the page before."),
    "too_deep": ProblemType("Nested too deeply", "Objects and lists are nested deeper than any request needs."),
    "too_many_requests": ProblemType("Too many requests", "The user's rate is used up; `Retry-After` says how long."),
    "unavailable": ProblemType("Unavailable", "A part that the service depends on does not answer now; try again."),
    "unknown_field": ProblemType("Unknown field", "There is no field of that name; `known` has those that there are."),
    "unknown_value": ProblemType("Unknown value", "The value is none of those in `known`."),
    "unreadable_file": ProblemType("Unreadable file", "Reading the file ended the process that read it."),
    "unreadable_text": ProblemType("Unreadable text", "The text is not in the charset named, or in UTF-8."),
    "unsupported_media_type": ProblemType("Unsupported media type", "The content type is none of those in `known`."),
    "unusable_switches": ProblemType("Unusable switches", "Switches do not fit each other, or lack what they need."),
    "upstream_busy": ProblemType("Model server busy", "The model server takes no more requests for now."),
    "upstream_failed": ProblemType("Model server failed", "The model server answered with an error, or broke off."),
    "upstream_refused": ProblemType(
        "Model server refused", "The model server refuses such requests; the log says why."
    ),
    "upstream_timeout": ProblemType("Model server too slow", "The model server did not answer in time."),
    "upstream_unavailable": ProblemType(
        "Model server unavailable", "It has not answered lately, so it is not asked for a while."
    ),
    "upstream_unreachable": ProblemType("Model server unreachable", "There is no connection to the model server."),
    "wrong_admin_token": ProblemType("Wrong admin token", "The token given is not the service's admin token."),
    "wrong_type": ProblemType("Wrong type", "A value has another type than the field takes."),
}
"""In alphabetical order; a refusal with a code that is not here cannot be made."""
