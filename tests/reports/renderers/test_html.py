"""The HTML page as text: escaped, whole, the same every time, and readable without eyes."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from reports.renderers import make_renderer
from reports.report import MARKS
from tests.reports.hostile import OPERATION, SCRIPT


class Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words = Counter(), [], []
        self.open, self.unbalanced = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in {"meta", "link", "col", "br", "img", "wbr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.words.append(data)


def test_a_page_of_every_shape_is_well_formed(pages):
    """Every tag that opens closes; nothing is loaded, and no script is in it."""
    for name, text in pages.items():
        page = Page(text)
        assert (name, page.unbalanced, page.open) == (name, [], [])
        assert page.tags["script"] == page.tags["img"] == page.tags["iframe"] == 0
        assert not [its for its in page.attributes if its[1].startswith("on")]
        loads = [its for its in page.attributes if its[1] in ("src", "srcset", "data", "action", "formaction")]
        assert loads == []
        links = {value for tag, attribute, value in page.attributes if attribute == "href" and tag == "a"}
        assert all(link.startswith("http://127.0.0.1") for link in links)


def test_the_page_says_what_the_mock_promised(pages, report_before_after):
    """Headline, chips, tiles, soundness, every promise and every figure."""
    text = pages["before and after"]
    words = " ".join(" ".join(Page(text).words).split())
    assert "After the change the search service keeps its promises at ten times its traffic." in words
    assert "✓ after: PASS" in words
    assert "✕ before: FAIL" in words
    assert "✓ The measurement is sound." in words
    for chart in report_before_after.charts:
        assert chart.title in words
        assert f'aria-label="{chart.alt}"' in text
    for row in report_before_after.objectives.rows:
        assert row.title in words
    assert text.count("<svg") == 8  # six figures, two of them also for narrow pages


def test_tables_can_be_read_aloud(pages):
    """Headers have a scope, scrolling parts a name and a place in the tab order, marks stand beside colours."""
    text = pages["before and after"]
    page = Page(text)
    scopes = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == page.tags["th"]
    assert text.count('class="scroll" tabindex="0" role="region" aria-label=') == text.count('class="scroll"')
    assert re.search(r"<i>✕ fail</i>", text)
    assert set(MARKS.values()) >= {"✓", "!", "✕", "⊘"}
    assert '<html lang="en">' in text


def test_hostile_names_are_text(pages):
    """Scripts, quotes, ends of sections and control characters from outside are shown, never obeyed."""
    text = pages["hostile"]
    assert "&lt;script&gt;alert" in text
    assert "<script" not in text
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\u202e", text)
    words = "".join(Page(text).words)
    assert OPERATION.partition("\n")[0] in words
    assert SCRIPT in words
    assert "{{ 7*7 }}" in words
    text.encode("utf-8")


def test_links_lead_to_the_web_or_nowhere(pages):
    """An address that is no web address is printed, not linked."""
    page = Page(pages["hostile"])
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    assert links == ['http://127.0.0.1/"><script>alert(2)</script>|x']
    assert any("javascript:alert(1)" in word for word in page.words)


def test_the_same_report_gives_the_same_page(report_before_after):
    """A report made again from the folder is equal, byte for byte."""
    renderer = make_renderer("html")
    assert renderer.render(report_before_after) == renderer.render(report_before_after)


def test_a_page_is_small_enough_to_mail(pages):
    """One file with all figures stays below a megabyte."""
    assert max(len(text.encode()) for text in pages.values()) < 1_000_000
