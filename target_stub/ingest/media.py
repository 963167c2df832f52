"""Media: the kinds of files that can be read, and how they are told apart."""

from __future__ import annotations

from email.message import Message
from enum import StrEnum
from pathlib import PurePath


class Media(StrEnum):
    """A kind of file, by the content type that it is sent with."""

    TEXT = "text/plain"
    MARKDOWN = "text/markdown"
    HTML = "text/html"
    PDF = "application/pdf"


SUFFIXES = {
    ".txt": Media.TEXT,
    ".text": Media.TEXT,
    ".rst": Media.TEXT,
    ".md": Media.MARKDOWN,
    ".markdown": Media.MARKDOWN,
    ".html": Media.HTML,
    ".htm": Media.HTML,
    ".xhtml": Media.HTML,
    ".pdf": Media.PDF,
}
KIND_OF = {Media.TEXT: "text", Media.MARKDOWN: "markdown", Media.HTML: "html", Media.PDF: "pdf"}
"""What the documents made from a file are labelled with."""

_ALSO = {"text/x-markdown": Media.MARKDOWN, "application/xhtml+xml": Media.HTML, "text/x-rst": Media.TEXT}


def media_of(content_type: str) -> tuple[Media, str] | None:
    """Return the media that a Content-Type header names, and its charset (empty when not given); None if not known."""
    message = Message()
    message["Content-Type"] = content_type
    name = content_type.partition(";")[0].strip().lower()
    charset = message.get_param("charset", "") or ""
    found = _ALSO.get(name) or next((media for media in Media if media.value == name), None)
    return None if found is None else (found, charset if isinstance(charset, str) else "")


def media_of_name(name: str) -> Media | None:
    """Return the media that a file's name suggests."""
    return SUFFIXES.get(PurePath(name).suffix.lower())
