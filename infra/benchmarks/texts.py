"""Texts to embed, of lengths as companies write them, drawn from a seed out of the tokenizer's own words."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tokenizers import Tokenizer

KINDS = ("mix", "message", "chunk", "full")
"""message: a median of 16 words, as in a chat; chunk: about 180; full: the model's limit; mix: 12, 7 and 1 of 20."""


def texts(tokenizer_file: Path, kind: str, count: int, longest: int, seed: int = 1) -> list[str]:
    """The same for the same arguments. longest is in words."""
    rng, words = random.Random(seed), _words(tokenizer_file)
    lengths = _lengths(kind, count, longest, rng)
    return [" ".join(rng.choices(words, k=length)) for length in lengths]


def page(tokenizer_file: Path, sections: int, seed: int) -> str:
    """A page of Markdown: sections of some paragraphs of sentences."""
    rng, words = random.Random(seed), _words(tokenizer_file)

    def sentence() -> str:
        return " ".join(rng.choices(words, k=rng.randint(6, 24))).capitalize() + "."

    def section(number: int) -> str:
        body = (" ".join(sentence() for _ in range(rng.randint(3, 9))) for _ in range(rng.randint(2, 5)))
        return "\n\n".join([f"## Section {number}", *body])

    return "\n\n".join(section(number) for number in range(sections))


def _lengths(kind: str, count: int, longest: int, rng: random.Random) -> list[int]:
    draw: dict[str, Callable[[], int]] = {
        "message": lambda: min(longest, max(3, int(rng.lognormvariate(2.8, 0.7)))),
        "chunk": lambda: min(longest, max(20, int(rng.gauss(180, 50)))),
        "full": lambda: longest,
    }
    draw["mix"] = lambda: draw[rng.choices(("message", "chunk", "full"), (12, 7, 1))[0]]()
    return [draw[kind]() for _ in range(count)]


def _words(tokenizer_file: Path) -> Sequence[str]:
    """Sorted, because the vocabulary comes back in another order in every process."""
    vocabulary = Tokenizer.from_file(str(tokenizer_file)).get_vocab()
    return sorted(word for word in vocabulary if word.isalpha() and len(word) > 2)
