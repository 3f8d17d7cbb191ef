"""Two lists of regions side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

MAX_PIXELS = 1.0
MAX_SCORE = 0.01


@dataclasses.dataclass(frozen=True)
class Found:
    label: str
    score: float
    box: tuple[float, float, float, float]

    def __str__(self) -> str:
        return f"{self.label} {self.score:.4f} [{', '.join(f'{value:.1f}' for value in self.box)}]"


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def match(expected: list[Found], actual: list[Found]) -> tuple[list[tuple[Found, Found]], list[Found], list[Found]]:
    """Pairs of one label, greedily by IoU, then what is left of each side. A pair must overlap at all."""
    candidates = [
        (iou(e.box, a.box), i, j) for i, e in enumerate(expected) for j, a in enumerate(actual) if e.label == a.label
    ]
    pairs, taken_expected, taken_actual = [], set(), set()
    for overlap, i, j in sorted(candidates, key=lambda candidate: (-candidate[0], candidate[1], candidate[2])):
        if overlap > 0 and i not in taken_expected and j not in taken_actual:
            taken_expected.add(i)
            taken_actual.add(j)
            pairs.append((expected[i], actual[j]))
    return (
        pairs,
        [e for i, e in enumerate(expected) if i not in taken_expected],
        [a for j, a in enumerate(actual) if j not in taken_actual],
    )


def differences(expected: list[Found], actual: list[Found]) -> Iterator[str]:
    """One sentence for each thing that differs by more than is allowed."""
    pairs, missing, extra = match(expected, actual)
    for region in missing:
        yield f"missing: {region}"
    for region in extra:
        yield f"not in the reference: {region}"
    for theirs, ours in pairs:
        distance = max(abs(a - b) for a, b in zip(theirs.box, ours.box))
        if not distance <= MAX_PIXELS:
            yield f"box off by {distance:.2f} px: {theirs}, here {ours}"
        if not abs(theirs.score - ours.score) <= MAX_SCORE:
            yield f"score off by {abs(theirs.score - ours.score):.4f}: {theirs}, here {ours}"
