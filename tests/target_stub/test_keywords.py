"""Keyword search: BM25 by the book, over what is kept on disk and what was added since."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import qdrant_edge as qdrant

from target_stub.artifacts import Artifacts
from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.errors import ConfigError
from target_stub.keyword import searchable
from target_stub.keyword_files import load_keywords, prepare_keywords
from target_stub.keywords import make_keyword_index
from target_stub.keywords.bm25 import Bm25Index
from target_stub.postings import Postings
from target_stub.specs import KeywordSpec
from target_stub.words import Words

K1, B = 1.2, 0.75


def index_of(documents: tuple[Document, ...], k1: float = K1, b: float = B) -> Bm25Index:
    words = Words()
    return Bm25Index(Postings.of(map(searchable, documents), words), k1=k1, b=b, language=words)


def text(number: int, words: str) -> Document:
    return Document(f"d{number}", "", words, "p", "k")


def test_a_score_is_what_the_formula_says() -> None:
    """Two documents of 4 and 2 words (their ids are words too), k1 1.2, b 0.75: written out by hand."""
    index = index_of((text(1, "apple banana banana"), text(2, "cherry")))
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    long, mean = 4, 3
    expected = idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * long / mean))
    assert index.scores("banana") == pytest.approx([expected, 0])
    assert index.scores("BANANAS") == pytest.approx([expected, 0])
    assert index.scores("cherry banana")[0] == pytest.approx(expected)


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (0.9, 0.4), (2.0, 1.0), (1.2, 0.0)])
def test_scores_are_the_librarys_weights_times_idf(documents: tuple[Document, ...], k1: float, b: float) -> None:
    """Qdrant's own BM25 weights, given the true mean length, times idf give the same scores."""
    texts = [searchable(document) for document in documents]
    lengths = [Words().counted(text)[1].sum() for text in texts]
    language = {"language": "english", "tokenizer": qdrant.TokenizerType.Code, "ascii_folding": True}
    model = qdrant.Bm25(qdrant.Bm25Config(k=k1, b=b, avg_len=float(np.mean(lengths)), **language))
    vectors = [dict(zip(its.indices, its.values, strict=True)) for its in map(model.embed_document, texts)]
    expected = np.zeros(len(texts))
    for word in model.embed_query("watch the board and the strings").indices:
        holding = sum(word in vector for vector in vectors)
        idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        expected += [idf * vector.get(word, 0) for vector in vectors]
    assert expected.max() > 0
    assert index_of(documents, k1, b).scores("watch the board and the strings") == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("query", ["", "😀" * 500, "\ufdd0", "the of and", "xyzzy", "\u202e", "!!!"])
def test_a_query_without_known_words_scores_nothing(documents: tuple[Document, ...], query: str) -> None:
    """No letters, everyday words only, or words that no document has."""
    assert index_of(documents).scores(query).tolist() == [0.0] * len(documents)


def test_names_are_found_by_their_parts_and_as_a_whole() -> None:
    """`parse_datetime` and `HTTPServer` are what people half remember."""
    index = index_of((text(1, "parse_datetime(x)"), text(2, "HTTPServer"), text(3, "naïve")))
    found = {query: np.flatnonzero(index.scores(query)).tolist() for query in ("datetime", "parse_datetime", "server")}
    assert found == {"datetime": [0], "parse_datetime": [0], "server": [1]}
    assert np.flatnonzero(index.scores("NAIVE")).tolist() == [2]


def test_appended_documents_are_found_and_counted(documents: tuple[Document, ...]) -> None:
    """Appended one by one, in batches or from the start: equal scores, but for the mean length, which stays."""
    queries = ("chess board", "wind", "tune the violin in the garden")
    whole = index_of(documents, b=0.0)  # without the length's influence the scores must be the same
    for sizes in ([1] * 5, [2, 3], [5]):
        growing = index_of(documents[:1], b=0.0)
        start = 1
        for size in sizes:
            growing.append(documents[start : start + size])
            start += size
        for query in queries:
            assert growing.scores(query) == pytest.approx(whole.scores(query))
            assert growing.scores(query).max() > 0


def test_appending_stays_cheap() -> None:
    """A thousand appends leave a few parts, not a thousand."""
    index = index_of((text(0, "first"),))
    for number in range(1, 1000):
        index.append((text(number, f"word{number} bread"),))
    assert len(index._parts) < 12
    assert np.flatnonzero(index.scores("word777")).tolist() == [777]
    assert (index.scores("bread") > 0).sum() == 999


def test_an_empty_index_can_be_asked_and_added_to() -> None:
    """No document, no score; the first one is found."""
    index = index_of(())
    assert index.scores("anything").tolist() == []
    index.append((text(1, "anything"),))
    assert index.scores("anything")[0] > 0


def test_the_files_on_disk_give_the_same_scores(corpus: Corpus, artifacts: Artifacts) -> None:
    """Prepared once, loaded without the corpus' texts, with the switches given at loading."""
    spec = KeywordSpec("bm25", 0.9, 0.4)
    assert load_keywords(spec, corpus, artifacts) is None
    prepare_keywords(corpus, artifacts)
    prepare_keywords(corpus, artifacts)
    loaded = load_keywords(spec, corpus, artifacts)
    assert loaded is not None
    expected = index_of(corpus.documents, 0.9, 0.4).scores("bake bread in the oven")
    assert loaded.scores("bake bread in the oven").tolist() == expected.tolist()


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(path.read_bytes()[:-8]), Path.unlink])
def test_damaged_files_are_refused_and_made_again(corpus: Corpus, artifacts: Artifacts, damage: object) -> None:
    """A truncated or missing file is noticed; nothing is ever found by half of an index."""
    prepare_keywords(corpus, artifacts)
    (path,) = artifacts.root.glob("keywords/*/rows.npy")
    damage(path)  # type: ignore[operator]
    assert load_keywords(KeywordSpec("bm25"), corpus, artifacts) is None
    prepare_keywords(corpus, artifacts)
    assert load_keywords(KeywordSpec("bm25"), corpus, artifacts) is not None


def test_an_unknown_keyword_index_is_told_with_those_known(tmp_path: Path) -> None:
    """What, and the next step."""
    with pytest.raises(ConfigError, match="'tfidf'") as error:
        make_keyword_index(KeywordSpec("tfidf"), tmp_path)
    assert "off, bm25" in error.value.hint
