"""The ONNX embedder: a model of one's own is pooled as its settings say, or refused with what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from target_stub.embedders import embedder_version, embedder_weights
from target_stub.embedders.onnx import OnnxEmbedder
from target_stub.errors import ConfigError
from target_stub.specs import EmbedderSpec
from tests.target_stub.tiny_model import WORDS, table, write_model

STATES = table().astype(np.float64)[[WORDS.index(word) for word in ("[CLS]", "hot", "bread", "[SEP]")]]
POOLED = {
    "mean_tokens": STATES.mean(0),
    "cls_token": STATES[0],
    "max_tokens": STATES.max(0),
    "mean_sqrt_len_tokens": STATES.sum(0) / 2,
    "lasttoken": STATES[-1],
}


@pytest.mark.parametrize("pooling", [*POOLED, ""])
def test_states_are_pooled_as_the_settings_say(pooling: str, tmp_path: Path) -> None:
    """Each of sentence-transformers' poolings against numpy, alone and beside a longer text; the mean if unsaid."""
    embedder = OnnxEmbedder(str(write_model(tmp_path, **({pooling: True} if pooling else {}))), 32)
    expected = POOLED[pooling or "mean_tokens"]
    rows = embedder.embed(["hot bread", "knead the dough in a hot oven", "Hot  BREAD"])
    for row in (rows[0], rows[2], embedder.embed(["hot bread"])[0]):
        assert row == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)


def test_a_model_in_an_onnx_subfolder_is_found(tmp_path: Path) -> None:
    """Where exporters put it beside the original weights."""
    write_model(tmp_path)
    (tmp_path / "onnx").mkdir()
    (tmp_path / "model.onnx").rename(tmp_path / "onnx" / "model.onnx")
    assert OnnxEmbedder(str(tmp_path), 32).dim == 16


def test_the_models_own_length_limit_holds(tmp_path: Path) -> None:
    """Beyond its positions a model has nothing to say, whatever the switch allows."""
    write_model(tmp_path)
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 4}')
    embedder = OnnxEmbedder(str(tmp_path), 32)
    assert np.array_equal(embedder.embed(["hot bread taxes law"]), embedder.embed(["hot bread"]))


def test_any_changed_file_is_another_version(tmp_path: Path) -> None:
    """Vectors of other weights, another tokenizer or another pooling do not compare."""
    spec = EmbedderSpec("onnx", 32, str(write_model(tmp_path, mean_tokens=True)))
    versions = [embedder_version(spec)]
    assert OnnxEmbedder(spec.model, 32).version == versions[0]
    model = tmp_path / "model.onnx"
    content = bytearray(model.read_bytes())
    content[200] ^= 1
    model.write_bytes(content)
    versions.append(embedder_version(spec))
    (tmp_path / "tokenizer.json").write_text((tmp_path / "tokenizer.json").read_text() + " ")
    versions.append(embedder_version(spec))
    write_model(tmp_path / "other", cls_token=True)
    versions.append(embedder_version(EmbedderSpec("onnx", 32, str(tmp_path / "other"))))
    assert len({*versions}) == 4


def spoil(name: str, content: bytes | None) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)

    return change


def cut(folder: Path) -> None:
    model = folder / "model.onnx"
    model.write_bytes(model.read_bytes()[:100])


def more_words_than_vectors(folder: Path) -> None:
    words = json.loads((folder / "tokenizer.json").read_text())
    words["post_processor"]["cls"] = ["[CLS]", 900]
    (folder / "tokenizer.json").write_text(json.dumps(words))


DENSE = b'[{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Dense"}]'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (spoil("model.onnx", None), "has no model.onnx"),
        (spoil("tokenizer.json", None), "has no tokenizer.json"),
        (spoil("model.onnx", b"not a model"), "onnxruntime cannot load it"),
        (spoil("model.onnx", b""), "onnxruntime cannot load it"),
        (cut, "onnxruntime cannot load it"),
        (spoil("tokenizer.json", b"{"), "the tokenizer cannot be read"),
        (more_words_than_vectors, "it does not embed a text"),
        (spoil("1_Pooling/config.json", b"{"), "it is not JSON"),
        (spoil("1_Pooling/config.json", b"[]"), "it holds no object"),
        (spoil("1_Pooling/config.json", b'{"pooling_mode_weightedmean_tokens": true}'), "pooling is not known"),
        (spoil("modules.json", DENSE), "the step Dense"),
        (spoil("modules.json", b'{"a": 1}'), "no list of modules"),
    ],
)
def test_a_folder_that_is_no_whole_model_is_told_in_two_lines(
    change: Callable[[Path], None], told: str, tmp_path: Path
) -> None:
    """The file and what is wrong with it, then the next step; never a traceback of the library's."""
    change(write_model(tmp_path, mean_tokens=True))
    with pytest.raises(ConfigError) as caught:
        OnnxEmbedder(str(tmp_path), 32)
    assert told in caught.value.what
    assert "\n" not in caught.value.what
    assert caught.value.hint


def test_without_a_folder_the_flag_is_named() -> None:
    """Before anything is prepared."""
    with pytest.raises(ConfigError) as caught:
        embedder_weights(EmbedderSpec("onnx", 32))
    assert "--embed-model" in caught.value.hint
