"""Ties that the reference leaves to an unstable sort, and the ways in which they may come out.

Equal scores decide nothing but through the order in which nms meets them, equal orders nothing but the place in the list. Each
way below is the reference on nearly the same input: equal numbers are moved apart by one float32 step after the other, so
that its sort has no choice. An answer is right when it is the reference's answer for one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from cases import Case


def has_ties(case: Case, boxes: np.ndarray) -> bool:
    kept = boxes[boxes[:, 0] >= 0]
    if len(np.unique(kept[:, 1])) < len(kept):
        return True
    return case.columns == 7 and len(np.unique(kept[:, 6])) < len(kept)


def ways(case: Case, boxes: np.ndarray) -> Iterator[np.ndarray]:
    """The rows as they are, then with their ties resolved for the earlier row, for the later one, and within classes."""
    yield boxes
    if not has_ties(case, boxes):
        return
    count = len(boxes)
    first = np.arange(count)
    by_class = np.empty(count, dtype=np.int64)
    by_class[np.lexsort((first, boxes[:, 0]))] = first
    for ranks in (first, by_class, count - 1 - first, count - 1 - by_class):
        for order_ranks in (ranks, count - 1 - ranks) if case.columns == 7 else (ranks,):
            yield _apart(case, boxes, ranks, order_ranks)


def _apart(case: Case, boxes: np.ndarray, ranks: np.ndarray, order_ranks: np.ndarray) -> np.ndarray:
    moved = boxes.copy()
    _spread(moved[:, 1], np.argsort(ranks, kind="stable"))
    if case.columns == 7:
        # After nms the rows stand by falling score, else as they came.
        place = order_ranks
        if case.options.nms:
            place = np.empty(len(boxes), dtype=np.int64)
            place[np.lexsort((order_ranks, -boxes[:, 1]))] = np.arange(len(boxes))
        moved[:, 6] = boxes[:, 6] + place.astype(np.float32) / 1024
    return moved


def picodet_ways(case: Case, arrays: dict[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """As `ways`, for the scores of PicoDet's cells: each class by itself, for the earlier cell and for the later one."""
    yield arrays
    names = [name for name in arrays if name.startswith("scores_")]
    scores = np.concatenate([arrays[name] for name in names])
    above = [np.sort(column[column > case.options.threshold]) for column in scores.T]
    if not any((column[1:] == column[:-1]).any() for column in above):
        return
    ends = np.cumsum([len(arrays[name]) for name in names])[:-1]
    for cells in (np.arange(len(scores)), np.arange(len(scores))[::-1]):
        moved = scores.copy()
        for column in range(scores.shape[1]):
            _spread(moved[:, column], cells[scores[cells, column] > case.options.threshold])
        yield {**arrays, **dict(zip(names, np.split(moved, ends), strict=True))}


def _spread(scores: np.ndarray, order: np.ndarray) -> None:
    """Moves equal ones down by a step of float32 each, those that come later in `order` further."""
    steps: dict[float, np.float32] = {}
    for index in order:
        score = float(scores[index])
        scores[index] = steps.get(score, scores[index])
        steps[score] = np.nextafter(scores[index], np.float32(-1))
