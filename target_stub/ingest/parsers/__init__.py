"""The parsers: one for each kind of file."""

from __future__ import annotations

from target_stub.ingest.media import Media
from target_stub.ingest.parser import Parser


def make_parser(media: Media) -> Parser:
    """Return the parser of a kind of file; heavy imports stay inside their own case."""
    match media:
        case Media.TEXT:
            from target_stub.ingest.parsers.plain import PlainParser

            return PlainParser()
        case Media.MARKDOWN:
            from target_stub.ingest.parsers.markdown import MarkdownParser

            return MarkdownParser()
        case Media.HTML:
            from target_stub.ingest.parsers.html import HtmlParser

            return HtmlParser()
        case Media.PDF:
            from target_stub.ingest.parsers.pdf import PdfParser

            return PdfParser()
