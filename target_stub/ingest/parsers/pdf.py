"""PDF: the text of each page. Whatever a file asks for, the limits of the library and ours are kept."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, LimitReachedError

from target_stub.document import one_line
from target_stub.ingest.parser import ParsedText, ParserLimits, Progress, Section
from target_stub.ingest.parsers.plain import bounded
from target_stub.ingest.unreadable import UnreadableError

MAGIC = b"%PDF-"
MAGIC_WITHIN_BYTES = 1024  # where readers look for it
HYPHEN = re.compile(r"(?<=\w)-\n(?=[a-z])")
LINE_END = re.compile(r"(?<![.!?:])\n(?=\S)")

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # a broken file is told once, by us


class PdfParser:
    """Reads the text that a PDF holds; pictures of text are not recognised."""

    def parse(self, path: Path, charset: str, limits: ParserLimits, progress: Progress) -> ParsedText:  # noqa: ARG002 (of the promise)
        """Return a section for each page with text; the title is what the file itself says."""
        with path.open("rb") as file:
            if MAGIC not in file.read(MAGIC_WITHIN_BYTES):
                raise UnreadableError("broken_pdf", "that is no PDF: it does not begin as one")
        try:
            return _read(path, limits, progress)
        except UnreadableError:
            raise
        except MemoryError:
            raise
        except LimitReachedError as error:
            raise UnreadableError("file_too_long", f"the PDF unpacks to more than is read: {error}") from error
        except FileNotDecryptedError as error:
            raise UnreadableError("locked_pdf", "the PDF is encrypted with a password") from error
        except Exception as error:  # broken files make the library raise almost anything
            what = one_line(str(error)) or type(error).__name__
            raise UnreadableError("broken_pdf", f"the PDF cannot be read: {what}") from error


def _read(path: Path, limits: ParserLimits, progress: Progress) -> ParsedText:
    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableError("locked_pdf", "the PDF is encrypted with a password")
    count = len(reader.pages)
    if count > limits.pages:
        raise UnreadableError("file_too_long", f"the PDF has {count} pages, at most {limits.pages} are read")
    sections, chars = [], 0
    for number, page in enumerate(reader.pages, 1):
        text = _paragraphs(page.extract_text())
        chars += len(text)
        bounded(chars, limits)
        if text:
            sections.append(Section(f"page {number}" if count > 1 else "", text))
        progress(number, count)
    if not sections:
        raise UnreadableError("no_text", "the PDF holds no text; pictures of text are not recognised")
    return ParsedText(_title(reader), tuple(sections))


def _title(reader: PdfReader) -> str:
    title = reader.metadata.title if reader.metadata else None
    return one_line(title) if isinstance(title, str) else ""


def _paragraphs(text: str) -> str:
    """Return a page's text with lines joined that end in the middle of a sentence."""
    whole = HYPHEN.sub("", text.replace("\0", "").replace("\r", "\n"))
    return LINE_END.sub(" ", whole).strip()
