"""Which texts an engine takes together."""

from collections.abc import Iterator, Sequence


def longest_first(lengths: Sequence[int], budget: int, most: int, is_padded: bool) -> Iterator[list[int]]:
    """Indices in batches of at most `most` texts and `budget` tokens, each text in one; a longer text goes alone.

    is_padded counts every text as long as the longest of its batch. Longest first, so that what is taken together is
    alike, and a machine that lacks memory says so at once.
    """
    batch: list[int] = []
    used = 0
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        cost = lengths[batch[0]] if batch and is_padded else lengths[index]
        if batch and (used + cost > budget or len(batch) == most):
            yield batch
            batch, used, cost = [], 0, lengths[index]
        batch.append(index)
        used += cost
    if batch:
        yield batch
