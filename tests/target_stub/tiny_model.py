"""A sentence model of a few hundred numbers, written anew for each test in the formats that real ones have.

The graph is one node: it looks the vector of each token up in a table. ONNX files are protocol buffers; the few fields
needed are written here by their numbers in onnx.proto3, so no further package is needed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

NEAR = (("bake", "bread", "oven", "knead", "dough", "rise"), ("law", "taxes", "parliament", "passed"))
WORDS = ["[UNK]", "[CLS]", "[SEP]", *NEAR[0], *NEAR[1], "the", "in", "a", "hot", "about", "word"]
DIM = 16
FLOAT, INT64 = 1, 7  # TensorProto.DataType


def table() -> np.ndarray:
    """Return the vector of each word; bread and its like are near each other, as are taxes and theirs."""
    rows = np.random.default_rng(7).standard_normal((len(WORDS), DIM)).astype(np.float32)
    for group in NEAR:
        centre = 3 * rows[WORDS.index(group[0])]
        for word in group:
            rows[WORDS.index(word)] += centre
    return rows


def write_model(folder: Path, **pooling: bool) -> Path:
    """Write graph, tokenizer and settings; `pooling` are the keys of the pooling's settings after `pooling_mode_`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph(table()))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {"type": f"sentence_transformers.models.{kind}", "path": ""}
                for kind in ("Transformer", "Pooling", "Normalize")
            ]
        )
    )
    if pooling:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        settings = {f"pooling_mode_{name}": value for name, value in pooling.items()}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": DIM, **settings}))
    return folder


def tokenizer() -> dict[str, object]:
    """Return a word tokenizer with the marks of a text's start and end, as BERT has them."""
    marks = {"[CLS]": 1, "[SEP]": 2}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: number for number, word in enumerate(WORDS)} | marks,
            "unk_token": "[UNK]",
        },
    }


def graph(weights: np.ndarray) -> bytes:
    """Return `last_hidden_state = weights[input_ids]` as an ONNX model."""
    node = _text(1, "weights") + _text(1, "input_ids") + _text(2, "last_hidden_state") + _text(4, "Gather")
    tensor = b"".join(_number(1, size) for size in weights.shape)
    tensor += _number(2, FLOAT) + _text(8, "weights") + _bytes(9, weights.tobytes())
    contents = _bytes(1, node) + _text(2, "tiny") + _bytes(5, tensor)
    contents += _bytes(11, _value("input_ids", INT64, ("texts", "tokens")))
    contents += _bytes(12, _value("last_hidden_state", FLOAT, ("texts", "tokens", weights.shape[1])))
    return _number(1, 8) + _bytes(7, contents) + _bytes(8, _text(1, "") + _number(2, 13))


def _value(name: str, kind: int, shape: tuple[str | int, ...]) -> bytes:
    sizes = b"".join(_bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, sizes)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
