"""How many tokens a span of a document is, without tokenizing it again, and how many a model has room for.

BERT's tokenizer splits at white space before anything else, so tokens of two spans with white space between them add
up. Only a span that begins or ends inside a word is counted by itself.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from tokenizers import Tokenizer

from ..models import EmbeddingModel

SPACES = " \t\n\r"
"""What every tokenizer takes for white space. Python's isspace() knows characters that BERT's drops instead."""
CHARACTERS_PER_TOKEN = 16
"""More is no language: a word of 5,000 letters is one unknown token, and its vector says nothing."""
_WINDOW = 65_536


class Budget:
    """What a model has room for. The tokenizer neither truncates nor pads."""

    def __init__(self, tokenizer: Tokenizer, model: EmbeddingModel) -> None:
        if tokenizer.truncation is not None or tokenizer.padding is not None:
            raise ValueError("chunks are counted with a tokenizer that truncates or pads; call no_truncation() first")
        self._tokenizer = tokenizer
        self.context_limit = model.max_tokens // 4
        self._known: dict[str, int] = {}
        self.fixed = tokenizer.num_special_tokens_to_add(False) + self.count(model.document_prefix)
        self._max_tokens = model.max_tokens

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def used(self, context: str) -> int:
        """Tokens of all that is not the chunk's own text: special tokens, the model's prefix, the context."""
        return self.fixed + self._counted(context)

    def room(self, context: str) -> int:
        """Tokens left for the chunk's own text beside a context that clipped() gave."""
        return self._max_tokens - self.used(context)

    def clipped(self, *lines: str) -> str:
        """The lines one below the other, without the blank ones; cut where they are over a quarter of the model's
        limit, so that most of what it reads is the document."""
        shown = [line.strip() for line in lines if line.strip()]
        context = "\n".join(shown)
        tokens = sum(map(self._counted, shown))
        allowed = self.context_limit
        if len(context) > allowed * CHARACTERS_PER_TOKEN:
            context = context[: allowed * CHARACTERS_PER_TOKEN].rstrip()
            tokens = self.count(context)
        while tokens > self.context_limit:
            offsets = self._tokenizer.encode(context, add_special_tokens=False).offsets
            context, allowed = context[: offsets[allowed][0]].rstrip(), allowed - 1
            tokens = self.count(context)
        self._known[context] = tokens
        return context

    def _counted(self, text: str) -> int:
        if text not in self._known:
            self._known[text] = self.count(text)
        return self._known[text]

    def starts(self, text: str) -> array:
        """Where each token of the text begins, in order."""
        bounds = list(_windows(text))
        # Not encode_batch_fast: it leaves every offset 0.
        encodings = self._tokenizer.encode_batch([text[start:end] for start, end in bounds], add_special_tokens=False)
        found = array("l")
        for (begin, _), encoding in zip(bounds, encodings, strict=True):
            found.extend(begin + start for start, _ in encoding.offsets)
        return found


class Measured:
    """A text whose spans can be counted, and the budget they are counted for."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.text = text
        self.budget = budget
        self._starts = budget.starts(text)

    def tokens(self, start: int, end: int) -> int:
        """Tokens of text[start:end]; exact."""
        if self.is_joint(start) and self.is_joint(end):
            return bisect_left(self._starts, end) - bisect_left(self._starts, start)
        return self.budget.count(self.text[start:end])

    def after(self, start: int, tokens: int) -> int:
        """About where the span that begins at start has so many tokens; behind start, at most the text's end."""
        index = bisect_left(self._starts, start) + tokens
        end = self._starts[index] if index < len(self._starts) else len(self.text)
        return max(start + 1, min(end, start + tokens * CHARACTERS_PER_TOKEN))

    def fits(self, start: int, end: int, room: int) -> bool:
        return end - start <= room * CHARACTERS_PER_TOKEN and self.tokens(start, end) <= room

    def is_joint(self, at: int) -> bool:
        """Whether what is left and right of the place are tokenized apart."""
        return at <= 0 or at >= len(self.text) or self.text[at - 1] in SPACES or self.text[at] in SPACES


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Spans of bounded length, because offsets are many objects. They end behind white space if there is any."""
    start = 0
    while start < len(text):
        end = min(start + _WINDOW, len(text))
        if end < len(text):
            last = max(text.rfind(space, start, end) for space in SPACES)
            end = last + 1 if last > start else end
        yield start, end
        start = end
