"""The search page's files over HTTP: types, tags, safety, and that the page needs nothing from elsewhere."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from target_stub.config import Config
from target_stub.page_files import FOLDER, PageFiles

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
Serve = Callable[..., Any]


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def page(client: Any) -> Elements:
    return Elements(client.get("/", headers=HTML).body.decode())


def parts(page: Elements) -> list[str]:
    return [*(its["src"] for its in page.of("script")), *(its["href"] for its in page.of("link"))]


def test_a_browser_gets_the_page_and_a_program_the_routes(client: Any) -> None:
    """One address for both, told apart by what they accept; caches are told so."""
    page = client.get("/", headers=HTML)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    program = client.get("/")
    assert program.headers["Content-Type"] == "application/json"
    assert (page.headers["Vary"], program.headers["Vary"]) == ("Accept, Accept-Encoding", "Accept")


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, deflate, br", True), ("br;q=1, GZIP;q=0.5", True), ("identity", False), ("gzip;q=0", False), ("", False)],
)
def test_parts_are_packed_for_those_who_unpack(
    client: Any, page: Elements, accepted: str, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Less than half as long over the network; the same content, under a tag of its own."""
    address = next(its for its in parts(page) if its.endswith("page.css"))
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    monkeypatch.setattr(client._client.session, "_auto_decompress", False)
    part = client.get(address, headers={"Accept-Encoding": accepted})
    assert (part.headers.get("Content-Encoding") == "gzip") is packed
    assert (gzip.decompress(part.body) if packed else part.body) == plain.body
    assert (len(part.body) < len(plain.body) / 2) is packed
    assert (part.headers["ETag"] != plain.headers["ETag"]) is packed
    assert part.headers["Vary"] == "Accept-Encoding"


def test_every_part_of_the_page_is_there(client: Any, page: Elements) -> None:
    """With the type that nosniff insists on; what scripts import is there too, and is loaded ahead."""
    types = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
    for path in parts(page):
        part = client.get(path)
        assert (part.status, part.headers["Content-Type"]) == (200, types[path.rpartition(".")[2]])
        imported = re.findall(r'from "\./([\w-]+\.js)"', part.body.decode())
        assert {f"{path.rpartition('/')[0]}/{name}" for name in imported} <= set(parts(page))
    names = {path.rpartition("/")[2] for path in parts(page)}
    assert names == {path.name for path in FOLDER.iterdir()} - {"index.html", "service-worker.js"}


@pytest.mark.parametrize("path", ["/", "/service-worker.js", "page.js", "page.css", "icon.svg"])
def test_the_page_is_safe_by_its_headers(client: Any, page: Elements, path: str) -> None:
    """A strict policy without inline scripts, styles or markup from text; no guessing of types; no frames."""
    address = path if path.startswith("/") else next(its for its in parts(page) if its.endswith(path))
    headers = client.get(address, headers=HTML).headers
    policy = dict(its.split(" ", 1) for its in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert {policy[its] for its in ("script-src", "style-src", "connect-src", "worker-src")} == {"'self'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/service-worker.js", "page.js"])
def test_what_has_not_changed_is_not_sent_again(client: Any, page: Elements, path: str) -> None:
    """304 without a body for the tag, weak or strong or among others; another tag gets the file."""
    address = path if path.startswith("/") else next(its for its in parts(page) if its.endswith(path))
    first = client.get(address, headers=HTML)
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(address, headers={**HTML, "If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert client.get(address, headers={**HTML, "If-None-Match": '"other"'}).body == first.body


def test_parts_are_kept_for_good_and_the_page_is_asked_for_again(client: Any, page: Elements) -> None:
    """An address with a version in it never changes its content; those without are asked about each time."""
    assert {client.get(path).headers["Cache-Control"] for path in parts(page)} == {
        "public, max-age=31536000, immutable"
    }
    for path in ("/", "/service-worker.js"):
        assert client.get(path, headers=HTML).headers["Cache-Control"] == "no-cache"


def test_parts_of_another_version_are_not_there(client: Any, page: Elements) -> None:
    """Nor what is no part: a page of two versions would break, and nothing else of the folder is served."""
    (script,) = page.of("script")
    version = script["src"].split("/")[2]
    for path in (script["src"].replace(version, "0" * 16), f"/page/{version}/index.html", f"/page/{version}/x.js"):
        refused = client.get(path)
        assert (refused.status, refused.error["code"]) == (404, "not_found")
    assert client.get(f"/page/{version}/..%2fconfig.py").status == 404


def test_the_page_loads_nothing_from_elsewhere(client: Any, page: Elements) -> None:
    """No address of another host in any file (but XML's name for SVG, which is not loaded), and no inline script."""
    paths = ["/", "/service-worker.js", *parts(page)]
    text = "\n".join(client.get(path, headers=HTML).body.decode() for path in paths)
    assert re.findall(r"https?://\S+", text.replace("http://www.w3.org/2000/svg", "")) == []
    assert re.findall(r"""(?:src|href)=["']//""", text) == []
    assert all("src" in its for its in page.of("script"))
    assert page.of("style") == []
    assert not [name for _, attributes in page.found for name in attributes if name == "style" or name.startswith("on")]
    assert re.findall(r"__[A-Z]+__", text) == []


def test_the_worker_keeps_exactly_what_the_page_needs(client: Any, page: Elements) -> None:
    """The page, and all parts of its version."""
    script = client.get("/service-worker.js").body.decode()
    kept = json.loads(re.search(r"const SHELL = (\[.*?\]);", script)[1])
    assert sorted(kept) == sorted({"/", *parts(page)})


def test_the_page_is_accessible_by_its_markup(page: Elements) -> None:
    """A search landmark, a label for each field, a region that announces, a language, and a way past the head."""
    assert page.of("html")[0]["lang"] == "en"
    assert [its["role"] for its in page.of("form")] == ["search"]
    labelled = {its.get("for") for its in page.of("label")}
    assert {its["id"] for its in page.of("input") if its["type"] == "search"} <= labelled
    assert [its["aria-live"] for its in page.of("p") if its.get("role") == "status"] == ["polite"]
    ids = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    assert {its["href"][1:] for its in page.of("a") if its["href"].startswith("#")} <= ids


def test_the_page_offers_what_the_service_has() -> None:
    """Modes without words, and no ranking again without a model; another offer is another version."""
    full, bare = PageFiles.read(Config(rerank="minilm", rerank_depth=20)), PageFiles.read(Config(keyword="off"))
    assert b'data-modes="hybrid keyword vector" data-rerank="20"' in full.shell.body
    assert b'data-modes="vector" data-rerank="0"' in bare.shell.body
    assert full.version != bare.version
    assert PageFiles.read(Config(port=1)).version == PageFiles.read(Config(port=2)).version


def test_switches_in_the_page_are_text() -> None:
    """A folder's path is nobody's business, and no switch can end the attribute it stands in."""
    shell = PageFiles.read(Config(corpus='/home/"><script>alert(1)</script>')).shell.body.decode()
    assert "alert(1)" not in shell
    assert 'data-corpus=""' in shell


def test_a_service_that_is_not_ready_shows_its_page(serve: Serve) -> None:
    """The page itself says how far the service is."""
    assert serve(ready=False).get("/", headers=HTML).status == 200
