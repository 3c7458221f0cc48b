"""Things made in another thread while those before them are used: what waits for a device never waits for its input."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def ahead(make: Callable[[Item], Made], items: Iterable[Item], depth: int) -> Iterator[tuple[Item, Made]]:
    """Each item with what was made of it, in order; at most `depth` of them lie ready or are being made.

    Raises what make raises. Leaving the iteration early waits for the one that is being made and drops the rest.
    """
    remaining = iter(items)
    pool = ThreadPoolExecutor(1, "ahead")
    try:

        def begun(count: int) -> list[tuple[Item, Future[Made]]]:
            return [(item, pool.submit(make, item)) for item in islice(remaining, count)]

        waiting = begun(depth)
        while waiting:
            item, future = waiting.pop(0)
            made = future.result()
            waiting += begun(1)
            yield item, made
    finally:
        pool.shutdown(cancel_futures=True)
