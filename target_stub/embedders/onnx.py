"""The ONNX embedder: any sentence-transformers model that was exported to ONNX into a local folder.

Read are `model.onnx` (or `onnx/model.onnx`), `tokenizer.json`, and where they are there `1_Pooling/config.json`,
`sentence_bert_config.json` and `modules.json`, whose names and keys are those of the sentence-transformers library.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from tokenizers import Tokenizer

from target_stub.artifacts import file_sha256
from target_stub.embedder import Vectors, unit_rows
from target_stub.errors import ConfigError

MODEL_PLACES = ("model.onnx", "onnx/model.onnx")
TOKENIZER_FILE, POOLING_FILE = "tokenizer.json", "1_Pooling/config.json"
MODULES_FILE, LENGTH_FILE = "modules.json", "sentence_bert_config.json"
UNDERSTOOD_MODULES = ("Transformer", "Pooling", "Normalize")
BATCH = 8  # larger ones gain nothing on one core, and onnxruntime keeps the largest arena it ever needed
RUNTIME_HINT = "pip install 'tenfold[onnx]', or choose --embedder static"

States = npt.NDArray[np.float32]  # shape (texts, tokens, dim)
Mask = npt.NDArray[np.float32]  # shape (texts, tokens)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of a model's folder that are read; `others` are weights beside the graph, and settings."""

    model: Path
    tokenizer: Path
    others: tuple[Path, ...]


def find_files(folder: str) -> ModelFiles:
    """Return the files of a model.

    Raises:
        ConfigError: when the folder is not given, or lacks one.
    """
    if not folder:
        raise ConfigError("the onnx embedder needs a model's folder", hint="give --embed-model FOLDER")
    root = Path(folder).expanduser()
    model = next((root / place for place in MODEL_PLACES if (root / place).is_file()), None)
    if model is None or not (root / TOKENIZER_FILE).is_file():
        missing = TOKENIZER_FILE if model else MODEL_PLACES[0]
        raise ConfigError(
            f"the model's folder {root} has no {missing}",
            hint="export the model by 'optimum-cli export onnx', and give that folder as --embed-model",
        )
    settings = (root / name for name in (POOLING_FILE, MODULES_FILE, LENGTH_FILE))
    weights = (path for path in sorted(model.parent.glob(f"{model.name}?data*")) if path.is_file())
    return ModelFiles(model, root / TOKENIZER_FILE, (*weights, *(path for path in settings if path.is_file())))


def weights_version(folder: str) -> str:
    """Return the start of a checksum over all files that are read, so that another model is another version.

    Raises:
        ConfigError: when onnxruntime is not installed, or a file is missing.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        raise ConfigError("the onnx embedder needs the package onnxruntime, which is not installed", hint=RUNTIME_HINT)
    files = find_files(folder)
    digest = hashlib.sha256()
    for path in (files.model, files.tokenizer, *files.others):
        status = path.stat()
        digest.update(f"{path.name} {_sha256(path, status.st_size, status.st_mtime_ns)}\n".encode())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=32)
def _sha256(path: Path, _size_bytes: int, _changed_ns: int) -> str:
    """Return a file's sha256, read once for each of its states."""
    return file_sha256(path)


class OnnxEmbedder:
    """A transformer of one's own, on one thread. `embed` releases the GIL while the model computes."""

    name = "onnx"

    def __init__(self, folder: str, max_tokens: int) -> None:
        files = find_files(folder)
        root = files.tokenizer.parent
        self.version = f"onnx-{weights_version(folder)}-t{max_tokens}"
        self._pool = _pooling(_settings(root / POOLING_FILE))
        _check_modules(root / MODULES_FILE)
        length = _settings(root / LENGTH_FILE).get("max_seq_length") or max_tokens
        self._tokenizer = _tokenizer(files.tokenizer, min(max_tokens, int(length)))
        self._session = _session(files.model)
        self._inputs = {its.name for its in self._session.get_inputs()}
        if unknown := self._inputs - {"input_ids", "attention_mask", "token_type_ids"}:
            raise _broken(files.model, f"it wants inputs that a sentence model has not: {', '.join(sorted(unknown))}")
        try:
            self.dim = int(self._run(["a first text"]).shape[1])
        except ConfigError:
            raise
        except Exception as error:
            raise _broken(files.model, f"it does not embed a text: {error}") from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text; texts of like length are computed together, at most `BATCH` at once."""
        by_length = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        rows = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), BATCH):
            batch = by_length[start : start + BATCH]
            rows[batch] = self._run([texts[number] for number in batch])
        return unit_rows(rows)

    def _run(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(texts))
        longest = max(1, *(len(its.ids) for its in encoded))
        ids = np.zeros((len(texts), longest), np.int64)
        mask = np.zeros((len(texts), longest), np.int64)
        for number, its in enumerate(encoded):
            ids[number, : len(its.ids)] = its.ids
            mask[number, : len(its.ids)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        if states.ndim == 2:  # pooled by the graph itself
            return np.asarray(states, np.float32)
        if states.ndim != 3:
            raise ConfigError(
                f"the model's first output has {states.ndim} dimensions; sentence models have 2 or 3",
                hint="export it by 'optimum-cli export onnx --task feature-extraction'",
            )
        return self._pool(states.astype(np.float32, copy=False), mask.astype(np.float32))


def _settings(path: Path) -> Mapping[str, Any]:
    """Return the JSON object in a file, or an empty one where there is no file."""
    if not path.is_file():
        return {}
    try:
        content = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise _broken(path, f"it is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise _broken(path, "it holds no object")
    return content


def _check_modules(path: Path) -> None:
    """Refuse a model with steps that are not computed here, such as a dense layer after pooling."""
    if not path.is_file():
        return
    try:
        kinds = [str(its["type"]).rpartition(".")[2] for its in orjson.loads(path.read_bytes())]
    except (orjson.JSONDecodeError, TypeError, KeyError) as error:
        raise _broken(path, f"it is no list of modules: {error}") from error
    if unknown := [kind for kind in kinds if kind not in UNDERSTOOD_MODULES]:
        raise _broken(path, f"it has the step {unknown[0]}; understood are {', '.join(UNDERSTOOD_MODULES)}")


def _tokenizer(path: Path, max_tokens: int) -> Any:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise _broken(path, f"the tokenizer cannot be read: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _broken(path, f"onnxruntime cannot load it: {error}") from error


def _broken(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} is not a usable part of a sentence model: {' '.join(why.split())[:200]}",
        hint="the file may be cut short or of another kind: copy or export the model again",
    )


def _pooling(settings: Mapping[str, Any]) -> Callable[[States, Mask], Vectors]:
    """Return how token states become one row; the mean where nothing else is said, as sentence-transformers does."""
    chosen = [name for name in POOLINGS if settings.get(f"pooling_mode_{name}")]
    asked = [name for name, value in settings.items() if name.startswith("pooling_mode_") and value is True]
    if len(asked) > len(chosen) or len(chosen) > 1:
        raise ConfigError(
            f"the model's pooling is not known here: {', '.join(asked)}",
            hint=f"one of these is: {', '.join(f'pooling_mode_{name}' for name in POOLINGS)}",
        )
    return POOLINGS[chosen[0] if chosen else "mean_tokens"]


def _mean(states: States, mask: Mask) -> Vectors:
    pooled: Vectors = np.einsum("btd,bt->bd", states, mask) / np.maximum(mask.sum(1, keepdims=True), 1)
    return pooled


def _mean_sqrt(states: States, mask: Mask) -> Vectors:
    pooled: Vectors = np.einsum("btd,bt->bd", states, mask) / np.sqrt(np.maximum(mask.sum(1, keepdims=True), 1))
    return pooled


def _first(states: States, mask: Mask) -> Vectors:  # noqa: ARG001 (of every pooling)
    return states[:, 0]


def _last(states: States, mask: Mask) -> Vectors:
    last = np.maximum(mask.sum(1).astype(np.int64) - 1, 0)
    pooled: Vectors = states[np.arange(len(states)), last]
    return pooled


def _max(states: States, mask: Mask) -> Vectors:
    pooled: Vectors = np.where(mask[:, :, None] > 0, states, np.float32(-1e9)).max(1)
    return pooled


POOLINGS: Mapping[str, Callable[[States, Mask], Vectors]] = {
    "mean_tokens": _mean,
    "cls_token": _first,
    "max_tokens": _max,
    "mean_sqrt_len_tokens": _mean_sqrt,
    "lasttoken": _last,
}
"""By the names that `1_Pooling/config.json` has for them after `pooling_mode_`."""
