"""Plain text: the first line with words is the title."""

from __future__ import annotations

import codecs
from pathlib import Path

from target_stub.document import one_line
from target_stub.ingest.parser import ParsedText, ParserLimits, Progress, Section
from target_stub.ingest.unreadable import UnreadableError

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class PlainParser:
    """Reads text as it is."""

    def parse(self, path: Path, charset: str, limits: ParserLimits, progress: Progress) -> ParsedText:
        """Return the text; its first line with words is the title, and is not repeated in the text."""
        text = decoded(path.read_bytes(), charset)
        bounded(len(text), limits)
        title, _, rest = text.strip().partition("\n")
        progress(1, 1)
        return ParsedText(one_line(title), (Section("", rest if rest.strip() else title),))


def decoded(content: bytes, charset: str) -> str:
    """Return the characters of a text: in its charset if one is named, by its byte order mark, else in UTF-8.

    Raises:
        UnreadableError: when they are not in that charset, or no text at all.
    """
    encoding = charset or next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except LookupError as error:
        raise UnreadableError("unreadable_text", f"there is no charset {encoding!r}") from error
    except (UnicodeDecodeError, ValueError) as error:
        what = f"the text is not in {encoding}"
        raise UnreadableError(
            "unreadable_text", what if charset else f"{what}; name its charset in the content type"
        ) from error
    if "\0" in text:
        raise UnreadableError("unreadable_text", "that is no text: it holds the character 0")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def bounded(chars: int, limits: ParserLimits) -> None:
    """Refuse a text that has more characters than are read.

    Raises:
        UnreadableError: then.
    """
    if chars > limits.text_chars:
        raise UnreadableError("file_too_long", f"the file holds more than {limits.text_chars} characters of text")
