"""Access logs: combined, JSON and CSV lines, plain and gzip, in order of time; what cannot be read is counted."""

from __future__ import annotations

import gzip
import itertools
import json
import tracemalloc

import pytest

from scenarios.access_log import DEFAULT_FIELDS, AccessLog, LogFormat, LogNotes, read_log
from scenarios.errors import HarnessError

NGINX = '203.0.113.9 - - [01/Mar/2026:12:00:07 +0000] "GET /search?q=red+shoes HTTP/1.1" 200 512 "-" "Mozilla/5.0"'
AT_NOON = "h - - [01/Mar/2026:12:00:00 +0000]"
NOON = 1772366400.0  # 2026-03-01T12:00:00Z, from `date -u -d ... +%s`


def read(log):
    notes = LogNotes()
    return list(read_log(log, notes)), notes


def one(tmp_path, line, **how):
    path = tmp_path / "a.log"
    path.write_text(line + "\n")
    return read(AccessLog(path, **how))


@pytest.mark.parametrize(
    ("line", "at", "method", "path", "status"),
    [
        (NGINX, 7.0, "GET", "/search?q=red+shoes", 200),
        ('::1 - bob [01/Mar/2026:14:00:07 +0200] "POST /cart HTTP/2.0" 302 -', 7.0, "POST", "/cart", 302),
        ('h - - [01/Mar/2026:06:30:00.250 -0530] "GET / HTTP/1.0" 404 12', 0.25, "GET", "/", 404),
        (
            r'h - - [01/Mar/2026:12:00:00 +0000] "GET /caf\xC3\xA9?q=\x22a HTTP/1.1" 200 1',
            0,
            "GET",
            "/caf%C3%A9?q=%22a",
            200,
        ),
        ('h - - [01/Mar/2026:12:00:00 +0000] "GET /a%20b?x=<y> HTTP/1.1" 200 1', 0, "GET", "/a%20b?x=%3Cy%3E", 200),
        ('h - "a [b]" [01/Mar/2026:12:00:00 +0000] "GET /x HTTP/1.1" 200 1', 0, "GET", "/x", 200),
        (
            r'h - - [01/Mar/2026:12:00:00 +0000] "GET /x HTTP/1.1" 200 1 "https://a/\"b" "agent \"x\""',
            0,
            "GET",
            "/x",
            200,
        ),
    ],
)
def test_a_combined_line_is_read(tmp_path, line, at, method, path, status):
    """Nginx's and Apache's combined format, the common one, time zones, and paths escaped as a request line must be."""
    records, notes = one(tmp_path, line)
    assert [(r.at_s - NOON, r.method, r.path, r.status) for r in records] == [(at, method, path, status)]
    assert notes.sentences() == ()


@pytest.mark.parametrize(
    ("row", "fields", "at", "path"),
    [
        ({"time": "2026-03-01T12:00:01Z", "path": "/a"}, {}, 1.0, "/a"),
        ({"time": "2026-03-01T14:00:01.5+02:00", "path": "/a"}, {}, 1.5, "/a"),
        ({"ts": NOON + 2.25, "request": {"uri": "/b?x=1"}}, {"time": "ts", "path": "request.uri"}, 2.25, "/b?x=1"),
        ({"ts": (NOON + 3) * 1000, "url": "/c"}, {"time": "ts", "path": "url"}, 3.0, "/c"),
        ({"time": str(NOON), "path": "GET /whole/line HTTP/1.1"}, {}, 0.0, "/whole/line"),
        ({"time": NOON + 9, "path": "/d", "took": 2.5}, {"duration": "took"}, 6.5, "/d"),
        ({"time": "01/Mar/2026:12:00:04 +0000", "path": "/e"}, {}, 4.0, "/e"),
    ],
)
def test_fields_are_found_by_their_names(tmp_path, row, fields, at, path):
    """JSON lines: times as ISO 8601, seconds or milliseconds; fields inside others; due when the request began."""
    records, _ = one(tmp_path, json.dumps(row), format=LogFormat.JSON, fields={**DEFAULT_FIELDS, **fields})
    assert [(r.at_s - NOON, r.path) for r in records] == [(pytest.approx(at), path)]


def test_csv_has_a_heading(tmp_path):
    """CSV: fields by the names in its first line."""
    path = tmp_path / "a.csv"
    path.write_text(f'when,verb,url,code\n{NOON},GET,"/a,b",200\n{NOON + 1},POST,/c,201\nnever,GET,/d,200\n')
    fields = {**DEFAULT_FIELDS, "time": "when", "method": "verb", "path": "url", "status": "code"}
    records, notes = read(AccessLog(path, LogFormat.CSV, fields))
    assert [(r.method, r.path, r.status) for r in records] == [("GET", "/a,b", 200), ("POST", "/c", 201)]
    assert notes.sentences() == ("1 of 4 lines are malformed (line 4: 'never' is not a time)",)


BAD = [
    "",
    "garbage",
    NGINX.replace("01/Mar", "01/Mrz"),
    NGINX.replace("01/Mar", "41/Mar"),
    NGINX.replace("GET /search?q=red+shoes HTTP/1.1", r"\x16\x03\x01\x02"),
    NGINX.replace("GET /search", "GET http://proxied"),
    NGINX.replace(" 200 ", " ok "),
    "[" * 10_000,
]


def test_malformed_lines_are_counted_and_named(tmp_path):
    """A line that is no request, however wild, does not end the reading; the first three are named."""
    path = tmp_path / "a.log"
    path.write_text("\n".join([*BAD, NGINX]) + "\n")
    records, notes = read(AccessLog(path))
    assert len(records) == 1
    assert (notes.lines, notes.malformed) == (9, 8)
    said = notes.sentences()[0]
    assert said.startswith("8 of 9 lines are malformed (line 1: not the combined format; line 2:")
    assert said.count("line ") == 3


def test_what_is_left_out_is_told(tmp_path):
    """Methods, statuses and a pattern choose; the rest is counted by its reason."""
    path = tmp_path / "a.log"
    lines = [NGINX, NGINX.replace("GET", "POST"), NGINX.replace(" 200 ", " 503 "), NGINX.replace("/search", "/health")]
    path.write_text("\n".join(lines) + "\n")
    records, notes = read(AccessLog(path, methods=("GET",), statuses=("2xx",), match="^GET /search"))
    assert [r.path for r in records] == ["/search?q=red+shoes"]
    assert set(notes.sentences()) == {
        "1 left out for method POST",
        "1 left out for status 503",
        "1 left out for not matching",
    }


def test_lines_are_put_in_order(tmp_path):
    """Servers write a line when a request ends: up to ten seconds of disorder are mended, more is counted."""
    path = tmp_path / "a.jsonl"
    offsets = [0, 3, 1, 9, 8, 30, 31, 5, 32]
    path.write_text("".join(json.dumps({"time": NOON + its, "path": f"/{its}"}) + "\n" for its in offsets))
    records, notes = read(AccessLog(path, LogFormat.JSON))
    assert [r.path for r in records] == ["/0", "/1", "/3", "/8", "/9", "/30", "/31", "/32"]
    assert notes.sentences() == ("1 left out for being more than 10 s out of order",)


def test_a_gzip_of_any_size_is_streamed(tmp_path):
    """A log is read line by line, packed or not: 60 000 lines need less than a megabyte at a time."""
    path = tmp_path / "big.log.gz"
    with gzip.open(path, "wt") as file:
        for n in range(60_000):
            second = n // 1000
            stamp = f"01/Mar/2026:12:{second // 60:02d}:{second % 60:02d} +0000"
            file.write(f'h - - [{stamp}] "GET /item/{n} HTTP/1.1" 200 1 "-" "agent"\n')
    records = read_log(AccessLog(path), LogNotes())
    next(records)
    tracemalloc.start()
    try:
        count = sum(1 for _ in itertools.islice(records, 20_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 6_000_000  # eleven seconds of lines in wait for their order


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no request that counts: it is empty"),
        (b"nothing\nof use\n", "none of its 2 lines can be read as combined (line 1: not the combined format"),
        (b"\x1f\x8bnot really", "cannot be read"),
        (NGINX.replace("GET", "PUT").encode(), "has no request that counts: 1 left out for method PUT"),
    ],
)
def test_a_log_without_a_request_is_an_error(tmp_path, content, said):
    """An empty, foreign or broken file is told with its name and the next step."""
    path = tmp_path / "bad.log"
    path.write_bytes(content)
    with pytest.raises(HarnessError) as caught:
        read(AccessLog(path, methods=("GET",)))
    assert said in caught.value.what
    assert str(path) in caught.value.what
    assert caught.value.hint


def test_a_missing_log_is_an_error(tmp_path):
    """The operating system's reason is passed on, with the file's name."""
    with pytest.raises(HarnessError, match=r"none\.log cannot be read: No such file"):
        read(AccessLog(tmp_path / "none.log"))
