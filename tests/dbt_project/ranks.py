"""Spearman's rank correlation, with tied values sharing the mean of their ranks."""

from collections.abc import Sequence
from statistics import correlation


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    return correlation(_ranks(first), _ranks(second))


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    first = {value: ordered.index(value) for value in set(values)}
    return [first[value] + (ordered.count(value) - 1) / 2 for value in values]
