"""Parsers: the words of a file, and a clear refusal of what cannot be read."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter

from target_stub.ingest.media import Media, media_of, media_of_name
from target_stub.ingest.parser import ParsedText, ParserLimits, Section
from target_stub.ingest.parsers import make_parser
from target_stub.ingest.unreadable import UnreadableError

Parse = Callable[..., ParsedText]

MARKDOWN = b"""# The *great* guide

Some **bold** words, [a link](http://example.org/x) and `code`.

## Second part
- one
- two

```python
print("hello")
```
"""
HTML = b"""<!doctype html><html><head><title>A page &amp; more</title><style>p{color:red}</style></head>
<body><nav>Home</nav><h1>Welcome</h1><p>First <b>bold</b>
words.</p><script>alert("no")</script><h2>Details<br>here</h2><ul><li>one<li>two</ul><p>a<br>b</body>"""


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    def parsed(media: Media, content: bytes, charset: str = "", limits: ParserLimits | None = None) -> ParsedText:
        path = tmp_path / "file"
        path.write_bytes(content)
        return make_parser(media).parse(path, charset, limits or ParserLimits(), lambda *_: None)

    return parsed


def refusal(parse: Parse, *arguments: Any, **options: Any) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        parse(*arguments, **options)
    return caught.value


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("text/plain", (Media.TEXT, "")),
        ("Text/Markdown; Charset=ISO-8859-1", (Media.MARKDOWN, "ISO-8859-1")),
        ('text/html; charset="utf-8"', (Media.HTML, "utf-8")),
        ("application/pdf", (Media.PDF, "")),
        ("application/xhtml+xml", (Media.HTML, "")),
        ("", None),
        ("text", None),
        ("image/png", None),
        ("application/x-www-form-urlencoded", None),
    ],
)
def test_a_content_type_names_the_media(header: str, expected: tuple[Media, str] | None) -> None:
    """However it is spelt; what is not known is not guessed."""
    assert media_of(header) == expected


def test_a_files_name_suggests_the_media() -> None:
    """For folders, where no header says it."""
    names = ("a.TXT", "b.md", "c.htm", "d.pdf", "e.png", "pdf", "")
    assert [media_of_name(name) for name in names] == [Media.TEXT, Media.MARKDOWN, Media.HTML, Media.PDF] + [None] * 3


def test_plain_text_has_its_first_line_as_title(parse: Parse) -> None:
    """Of a single line the words are not lost."""
    assert parse(Media.TEXT, b"\n\nA  title\r\n\r\nThe text.\n") == ParsedText("A title", (Section("", "\nThe text."),))
    assert parse(Media.TEXT, b"Only one line").sections == (Section("", "Only one line"),)


@pytest.mark.parametrize(
    ("content", "charset", "said"),
    [
        ("Grüße".encode("latin-1"), "", "not in utf-8"),
        ("Grüße".encode("latin-1"), "ascii", "not in ascii"),
        (b"abc", "klingon", "no charset 'klingon'"),
        (b"abc", "hex", "no charset"),
        (b"\x7fELF\x00\x01", "", "no text"),
    ],
)
def test_text_in_the_wrong_encoding_is_refused(parse: Parse, content: bytes, charset: str, said: str) -> None:
    """Guessing would put wrong letters into the index."""
    error = refusal(parse, Media.TEXT, content, charset)
    assert error.code == "unreadable_text"
    assert said in error.detail


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("Grüße".encode("latin-1"), "iso-8859-1"),
        ("Grüße".encode("utf-16"), ""),
        ("\ufeffGrüße".encode(), ""),
        ("Grüße".encode(), "UTF-8"),
    ],
)
def test_text_is_read_in_its_charset(parse: Parse, content: bytes, charset: str) -> None:
    """The one named, else the one that its byte order mark says, else UTF-8."""
    assert parse(Media.TEXT, content, charset).title == "Grüße"
    assert parse(Media.HTML, b"" + content, charset).sections == (Section("", "Grüße"),)


def test_markdown_has_sections_without_marks(parse: Parse) -> None:
    """Addresses and stars are not words; code is."""
    assert parse(Media.MARKDOWN, MARKDOWN) == ParsedText(
        "The great guide",
        (
            Section("The great guide", "Some bold words, a link and code."),
            Section("Second part", 'one\n\ntwo\n\nprint("hello")'),
        ),
    )


def test_markdowns_front_matter_is_not_text(parse: Parse) -> None:
    """Its title is the title."""
    content = b"---\nlayout: post\ntitle: 'The title'\n---\nWords.\n"
    assert parse(Media.MARKDOWN, content) == ParsedText("The title", (Section("", "Words."),))


def test_html_is_read_as_it_is_seen(parse: Parse) -> None:
    """No scripts, no styles; headings begin sections; blocks are paragraphs."""
    assert parse(Media.HTML, HTML) == ParsedText(
        "A page & more",
        (
            Section("", "Home"),
            Section("Welcome", "First bold words."),
            Section("Details here", "one\n\ntwo\n\na b"),
        ),
    )


def test_a_heading_that_is_never_closed_ends_at_the_next_block(parse: Parse) -> None:
    """Else the whole page would be its heading."""
    assert parse(Media.HTML, b"<h1>Title<p>Text.") == ParsedText("Title", (Section("Title", "Text."),))
    assert parse(Media.HTML, b"<h1><div>Title</div></h1><p>Text.").sections == (Section("Title", "Text."),)


@pytest.mark.parametrize(
    "content",
    [
        b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000 + b"<p>after",
        b"<![CDATA[" * 20_000 + b"<p>after",
        b"<!--" * 20_000 + b"--><p>after",
        b"<p" + b" x=1" * 100_000 + b">after",
        b"<b><i>" * 20_000 + b"<p>after",
        b"&#x110000;&#0;&bogus;<p>after",
        b"\x00\x01<p>after",
    ],
    ids=["nested", "cdata", "comments", "attributes", "formatting", "references", "control"],
)
def test_hostile_html_is_read_in_bounded_time(parse: Parse, content: bytes) -> None:
    """Nothing exhausts the stack, and what comes after is not lost."""
    text = " ".join(section.text for section in parse(Media.HTML, content).sections)
    assert text.split()[-1:] in (["after"], [])


def test_a_pdf_has_a_section_for_each_page(parse: Parse, make_pdf: Any) -> None:
    """Lines in the middle of a sentence are joined, hyphens at their ends taken back."""
    content = make_pdf(["A first exam-\nple of\ntext.", "", "Third page."], title="The paper", packed=True)
    assert parse(Media.PDF, content) == ParsedText(
        "The paper", (Section("page 1", "A first example of text."), Section("page 3", "Third page."))
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _: b"", "broken_pdf"),
        (lambda pdf: b"PK\x03\x04" + pdf[8:], "broken_pdf"),
        (lambda pdf: pdf[:60], "broken_pdf"),
        (lambda _: b"%PDF-1.4\n" + b"\x00\xff" * 5000, "broken_pdf"),
        (lambda pdf: pdf.replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]"), "broken_pdf"),
        (lambda pdf: pdf.replace(b"Tj", b"xx"), "no_text"),
    ],
    ids=["empty", "other file", "cut short", "noise", "page tree in a circle", "no text"],
)
def test_a_broken_pdf_is_refused(parse: Parse, make_pdf: Any, change: Any, code: str) -> None:
    """As the file's fault, in one line."""
    error = refusal(parse, Media.PDF, change(make_pdf(["Some text."])))
    assert error.code == code
    assert "\n" not in error.detail


def test_a_pdf_with_a_password_is_refused(parse: Parse, make_pdf: Any) -> None:
    """One whose password is empty, as many are, is read."""
    for password, readable in (("secret", False), ("", True)):
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf(["Some text."]))))
        writer.encrypt(password, "owner", algorithm="RC4-128")
        out = io.BytesIO()
        writer.write(out)
        if readable:
            assert parse(Media.PDF, out.getvalue()).sections[0].text == "Some text."
        else:
            assert refusal(parse, Media.PDF, out.getvalue()).code == "locked_pdf"


def test_a_pdf_that_unpacks_to_too_much_is_refused(parse: Parse, make_pdf: Any) -> None:
    """A bomb in a stream of a hundred kilobytes is stopped by the limit of what is unpacked."""
    pdf = make_pdf(["Some text."], packed=True)
    start, end = pdf.index(b"stream\n") + 7, pdf.index(b"\nendstream")
    bomb = zlib.compress(b" " * 100_000_000, 9)
    old_length = f"/Length {end - start}".encode()
    pdf = pdf[:start].replace(old_length, f"/Length {len(bomb)}".encode()) + bomb + pdf[end:]
    assert len(pdf) < 110_000
    assert refusal(parse, Media.PDF, pdf).code == "file_too_long"


def test_pages_and_characters_are_bounded(parse: Parse, make_pdf: Any) -> None:
    """What has more is refused, not read in part."""
    pdf = make_pdf(["Some text."] * 4)
    assert len(parse(Media.PDF, pdf, limits=ParserLimits(pages=4)).sections) == 4
    assert "4 pages" in refusal(parse, Media.PDF, pdf, limits=ParserLimits(pages=3)).detail
    few = ParserLimits(text_chars=15)
    for media, content in ((Media.PDF, pdf), (Media.TEXT, b"x" * 16), (Media.HTML, b"<p>" + b"x" * 16)):
        assert refusal(parse, media, content, limits=few).code == "file_too_long"
    assert refusal(parse, Media.MARKDOWN, b"x" * 16, limits=few).code == "file_too_long"
