"""What the tests of ingest share: PDF files, written out by hand."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import pytest

PdfMaker = Callable[..., bytes]


def pdf_of(pages: Sequence[str], *, title: str = "", packed: bool = False) -> bytes:
    """Return a PDF with a page for each text, a line for each of its lines."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for text in pages:
        lines = "".join(f"({line}) Tj T* " for line in text.split("\n"))
        content = f"BT /F1 12 Tf 14 TL 72 720 Td {lines}ET".encode("latin-1")
        objects += [_page(len(objects) + 2), _stream(content, packed=packed)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects[1] = f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode()
    if title:
        objects.append(f"<</Title({title})>>".encode())
    return _file(objects, info=len(objects) if title else 0)


def _page(content: int) -> bytes:
    font = "/Resources<</Font<</F1 3 0 R>>>>"
    return f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]{font}/Contents {content} 0 R>>".encode()


def _stream(content: bytes, *, packed: bool) -> bytes:
    stored = zlib.compress(content) if packed else content
    flate = "/Filter/FlateDecode" if packed else ""
    return f"<</Length {len(stored)}{flate}>>stream\n".encode() + stored + b"\nendstream"


def _file(objects: Sequence[bytes], info: int) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    facts = f"/Root 1 0 R{f'/Info {info} 0 R' if info else ''}/Size {len(objects) + 1}"
    start = len(out)
    return (
        out
        + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
        + table
        + f"trailer<<{facts}>>\nstartxref\n{start}\n%%EOF\n".encode()
    )


@pytest.fixture
def make_pdf() -> PdfMaker:
    return pdf_of
