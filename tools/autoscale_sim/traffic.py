"""Arrivals: Poisson, at a rate that a curve gives and that is unsteady from minute to minute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRID = 1.0  # seconds


def rates(curve: Sequence[tuple[float, float]], noise: float, seed: int) -> Floats:
    """Requests a second, one value a second, of a curve of (seconds, requests a second) that is linear between its
    points. `noise` is the deviation of each minute's mean from the curve, of its value; the mean stays."""
    points = np.array(curve, dtype=float)
    times = np.arange(0.0, points[-1, 0], _GRID)
    values: Floats = np.interp(times, points[:, 0], points[:, 1])
    if noise:
        dice = np.random.default_rng([seed, 1])
        sigma = np.sqrt(np.log(1 + noise * noise))
        minutes = dice.lognormal(-sigma * sigma / 2, sigma, int(points[-1, 0] // 60) + 2)
        values = values * np.interp(times, np.arange(len(minutes)) * 60.0, minutes)
    return values


def arrivals(rate: Floats, seed: int) -> Floats:
    """Times in order. Given how many come, Poisson arrivals are independent draws from the rate."""
    dice = np.random.default_rng([seed, 2])
    total = np.concatenate([[0.0], np.cumsum(rate) * _GRID])
    count = dice.poisson(total[-1])
    marks = np.sort(dice.random(count)) * total[-1]
    times: Floats = np.interp(marks, total, np.arange(len(total)) * _GRID)
    return times
