"""How Hypothesis runs here: the same cases in every run, unless asked otherwise.

PARITY_FRESH=1   new cases; a failing one is kept in .hypothesis and tried first the next time
PARITY_TIMES=10  ten times as many
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, Verbosity, settings
from hypothesis import strategies as st

T = TypeVar("T")

FRESH = os.environ.get("PARITY_FRESH", "") not in ("", "0")
TIMES = int(os.environ.get("PARITY_TIMES") or 1)


def examples(count: int) -> settings:
    return settings(
        max_examples=count * TIMES,
        derandomize=not FRESH,
        database=settings.default.database if FRESH else None,
        deadline=None,
        print_blob=FRESH,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal,
    )


class Drawn:
    """A `generate.Source` from which Hypothesis draws, and so can shrink a failing case."""

    def __init__(self, draw) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def pick(self, options: Sequence[T]) -> T:
        return options[self._draw(st.integers(0, len(options) - 1))]

    def chance(self, percent: int) -> bool:
        return self._draw(st.integers(0, 99)) >= 100 - percent


@st.composite
def cases(draw, make, *arguments, **options):
    return make(Drawn(draw), *arguments, **options)
