"""Tokens: how long a text is to a language model, by the tokenizer at hand.

Prices and context limits count tokens. The word pieces are Llama 2's (32 000 of them, from the file in the `wordllama`
wheel); other models cut a little differently, so before a call a count is an estimate, and after it the model's own
usage is what is paid for.
"""

from __future__ import annotations

import importlib.util
from array import array
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from target_stub.errors import ConfigError

FILE = Path("tokenizers") / "l2_supercat_tokenizer_config.json"
KEPT_TEXTS = 1024  # of some 5 kB each with its tokens' places
MOST_CHARS_PER_TOKEN = 16  # longer pieces are rare: what is longer than this many times the limit is cut off unread


def count_tokens(text: str) -> int:
    """Return how many tokens a text has."""
    return len(_encoded(text))


def cut_to_tokens(text: str, max_tokens: int) -> str:
    """Return as much of a text's beginning as has at most `max_tokens` tokens, ending with a whole word if it can."""
    starts = _encoded(text[: max(0, max_tokens) * MOST_CHARS_PER_TOKEN])
    if len(starts) <= max_tokens:
        return text[: max(0, max_tokens) * MOST_CHARS_PER_TOKEN]
    beginning = text[: starts[max_tokens]]
    if not text[starts[max_tokens]].isspace():
        whole_words, blank, _ = beginning.rstrip().rpartition(" ")
        beginning = whole_words if blank else beginning
    return beginning.rstrip()


def token_texts(text: str) -> list[str]:
    """Return a text in the pieces that a model would write one after another; joined they are the text again."""
    ends = sorted({*_encoded(text), len(text)} - {0})
    return [text[start:end] for start, end in pairwise([0, *ends])]


@lru_cache(maxsize=KEPT_TEXTS)
def _encoded(text: str) -> array[int]:
    """Return where each token begins; passages come again and again, and reading 1 000 tokens takes 2 ms."""
    offsets = _tokenizer().encode(text, add_special_tokens=False).offsets
    return array("I", [start for start, _ in offsets])


@cache
def _tokenizer() -> Any:
    spec = importlib.util.find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            "tokens are counted by the tokenizer in the package wordllama, which is not installed",
            hint="pip install wordllama",
        )
    return Tokenizer.from_file(str(Path(spec.submodule_search_locations[0]) / FILE))
