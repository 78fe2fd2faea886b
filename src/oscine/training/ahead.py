"""Batches drawn ahead: the next one is gathered in a thread while the network learns from this one.

What a batch holds is a function of the seed and its number alone, so that it does not matter who draws it, or when.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Calls of a function of whole numbers, one ahead of what is asked for.

    Parameters
    ----------
    function
        `function(number)`; called from one other thread, in the order of the numbers.
    last
        Nothing is computed ahead from this number on.

    Examples
    --------
    >>> with Ahead(lambda number: number**2, last=5) as squares:
    ...     [squares(number) for number in (3, 4)]
    [9, 16]
    """

    def __init__(self, function: Callable[[int], T], last: int) -> None:
        self._function, self._last = function, last
        self._pool = ThreadPoolExecutor(1, "oscine-ahead")
        self._next: tuple[int, Future[T]] | None = None

    def __call__(self, number: int) -> T:
        """The value for a number; that for the next one is begun."""
        if self._next is not None and self._next[0] == number:
            future = self._next[1]
        else:
            future = self._pool.submit(self._function, number)
        value = future.result()
        self._next = None
        if number + 1 < self._last:
            self._next = (number + 1, self._pool.submit(self._function, number + 1))
        return value

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
