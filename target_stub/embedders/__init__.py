"""The known embedders; the heavy imports stay inside their own case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from target_stub.embedder import Embedder
from target_stub.errors import ConfigError
from target_stub.specs import EmbedderSpec

KNOWN = ("static", "minilm", "onnx", "hashing")


def make_embedder(spec: EmbedderSpec, fitted: Path) -> Embedder:
    """Build the embedder that the spec names; `fitted` is the folder into which `fit_embedder` wrote.

    Raises:
        ConfigError: when its package is not installed, or carries other weights than the known ones.
    """
    match spec.name:
        case "static":
            from target_stub.embedders.static import StaticEmbedder, TokenWeights

            return StaticEmbedder(spec.max_tokens, TokenWeights.load(fitted))
        case "minilm":
            from target_stub.embedders.minilm import MiniLmEmbedder

            return MiniLmEmbedder(spec.max_tokens)
        case "onnx":
            from target_stub.embedders.onnx import OnnxEmbedder

            return OnnxEmbedder(spec.model, spec.max_tokens)
        case "hashing":
            from target_stub.embedders.hashing import HashingEmbedder

            return HashingEmbedder(spec.max_tokens)
        case _:
            raise ConfigError(f"there is no embedder {spec.name!r}", hint=f"known: {', '.join(KNOWN)}")


def fit_embedder(spec: EmbedderSpec, passages: Sequence[str], folder: Path) -> None:
    """Write into the folder what the embedder learns from the corpus; most learn nothing."""
    if spec.name == "static":
        from target_stub.embedders.static import TokenWeights

        TokenWeights.fit(passages, spec.max_tokens).save(folder)


def embedder_weights(spec: EmbedderSpec) -> str:
    """Return what identifies the embedder's weights, without loading them.

    Raises:
        ConfigError: when its package is not installed, or there is no such embedder.
    """
    match spec.name:
        case "static":
            from target_stub.embedders.static import weights_version
        case "minilm":
            from target_stub.embedders.minilm import weights_version
        case "onnx":
            from target_stub.embedders import onnx

            return onnx.weights_version(spec.model)
        case "hashing":
            from target_stub.embedders.hashing import weights_version
        case _:
            raise ConfigError(f"there is no embedder {spec.name!r}", hint=f"known: {', '.join(KNOWN)}")
    return weights_version()


def embedder_version(spec: EmbedderSpec) -> str:
    """Return the version that the embedder will have, without loading it.

    Raises:
        ConfigError: when its package is not installed, or there is no such embedder.
    """
    return f"{spec.name}-{embedder_weights(spec)}-t{spec.max_tokens}"
