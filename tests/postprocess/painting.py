"""Masks from recipes: integers only, so that every machine and every version of numpy paints the same pixels.

A recipe is JSON: `{"parts": [["+", polygon], ["-", polygon], …], "noise": [seed, added, dropped]}`. Parts are added to and cut
out of a blank mask one after the other; a polygon is a list of [x, y] in eighths of a mask's pixel and holds the pixels whose
centre is inside by the even-odd rule. Noise adds and drops so many pixels in a thousand.
"""

from __future__ import annotations

import numpy as np

UNIT = 8  # a pixel's side in a polygon's coordinates


def splitmix64(seed: int, count: int) -> np.ndarray:
    """`count` numbers of 64 bits (Steele, Lea and Flood 2014, in counter mode)."""
    with np.errstate(over="ignore"):
        state = np.uint64(seed % 2**64) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return state ^ (state >> np.uint64(31))


def paint(recipe: dict, size: int) -> np.ndarray:
    """A mask of `size` rows and columns of 0 and 1."""
    mask = np.zeros((size, size), dtype=np.uint8)
    for sign, polygon in recipe.get("parts", ()):
        _fill(mask, polygon, 1 if sign == "+" else 0)
    if "noise" in recipe:
        seed, added, dropped = recipe["noise"]
        chance = (splitmix64(seed, size * size) % np.uint64(1000)).astype(np.int64).reshape(size, size)
        mask = np.where(mask > 0, chance >= dropped, chance < added).astype(np.uint8)
    return mask


def _fill(mask: np.ndarray, polygon: list[list[int]], value: int) -> None:
    size = len(mask)
    points = np.array(polygon, dtype=np.int64)
    first = np.clip(points.min(axis=0) // UNIT, 0, size)
    last = np.clip(points.max(axis=0) // UNIT + 1, 0, size)
    if (first >= last).any():
        return
    x = (np.arange(first[0], last[0]) * UNIT + UNIT // 2)[None, :]
    y = (np.arange(first[1], last[1]) * UNIT + UNIT // 2)[:, None]
    inside = np.zeros((len(y), x.shape[1]), dtype=bool)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0)):
        if y1 == y2:
            continue
        crosses = (y1 <= y) != (y2 <= y)
        left = (x - x1) * (y2 - y1) < (y - y1) * (x2 - x1)
        inside ^= crosses & (left if y2 > y1 else ~left)
    mask[first[1] : last[1], first[0] : last[0]][inside] = value
