"""Many files through one function, in worker processes; a file that kills its worker costs only itself.

Source: spec §6 (one bad file never stops the merge), design.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
MOST_WORKERS = 61  # what Windows can wait for


def worker_count(jobs: int | None, items: int) -> int:
    """Number of processes for so many items; None = one per processor. Raises ValueError for fewer than one."""
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    return max(1, min(jobs or os.cpu_count() or 1, items, MOST_WORKERS))


def map_items(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    crashed: Callable[[Item], Result],
    jobs: int | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """function(item) for every item, in the order of `items`, whatever order they are done in.

    function: importable by name, as worker processes need it; it should not raise. crashed: the result for an item
    whose worker process died, or which could not be handed over. jobs: processes, 1 = none but this one.
    progress: called with (done, all) after every item.
    """
    workers = worker_count(jobs, len(items))
    found: dict[int, Result] = {}
    results = _here(function, items) if workers == 1 else _in_pool(function, items, crashed, workers)
    for i, result in results:
        found[i] = result
        if progress is not None:
            progress(len(found), len(items))
    return [found[i] for i in range(len(items))]


def _here(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[int, Result]]:
    for i, item in enumerate(items):
        yield i, function(item)


def _pool(workers: int) -> ProcessPoolExecutor:
    # spawn everywhere: a fork would copy whatever threads and locks the caller has.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def _in_pool(
    function: Callable[[Item], Result], items: Sequence[Item], crashed: Callable[[Item], Result], workers: int
) -> Iterator[tuple[int, Result]]:
    left: list[int] = []
    with _pool(workers) as pool:
        futures: dict[Future[Result], int] = {}
        for i, item in enumerate(items):
            try:
                futures[pool.submit(function, item)] = i
            except BrokenProcessPool:
                left.append(i)
        for future in as_completed(futures):
            i = futures[future]
            try:
                result = future.result()
            except BrokenProcessPool:
                left.append(i)
            except Exception:  # the item or its result could not be handed over
                yield i, crashed(items[i])
            else:
                yield i, result
    yield from _one_at_a_time(function, items, crashed, sorted(left))


def _one_at_a_time(
    function: Callable[[Item], Result], items: Sequence[Item], crashed: Callable[[Item], Result], left: Sequence[int]
) -> Iterator[tuple[int, Result]]:
    """After a worker died: the rest singly, so that the item at fault is known; a new process after each death."""
    waiting = list(reversed(left))
    while waiting:
        with _pool(1) as pool:
            while waiting:
                i = waiting.pop()
                try:
                    result = pool.submit(function, items[i]).result()
                except BrokenProcessPool:
                    yield i, crashed(items[i])
                    break
                except Exception:
                    yield i, crashed(items[i])
                else:
                    yield i, result
