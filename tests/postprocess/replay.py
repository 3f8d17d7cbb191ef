"""Replays a case through the program and lists what differs from an expected answer."""

from __future__ import annotations

import collections
import dataclasses
import functools
import json
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterable, Iterator

import numpy as np
from cases import Case

MAX_POLYGON = 0.5  # pixels
# The program prints scores with four decimals and coordinates with one.
MAX_SCORE = 0.51e-4
MAX_PRINTED = 0.0501


@dataclasses.dataclass(frozen=True)
class Region:
    """`polygon` is None where the reference gives none: the box then is one."""

    label: str
    label_id: int
    score: float
    box: tuple[float, ...]
    polygon: tuple[tuple[float, float], ...] | None = None
    order: int | None = None

    def to_json(self) -> list:
        polygon = None if self.polygon is None else [list(point) for point in self.polygon]
        return [self.label, self.label_id, self.score, list(self.box), polygon, self.order]

    @staticmethod
    def from_json(fields: list) -> Region:
        label, label_id, score, box, polygon, order = fields
        return Region(label, label_id, score, tuple(box), polygon and tuple(map(tuple, polygon)), order)

    def __str__(self) -> str:
        box = ", ".join(f"{value:g}" for value in self.box)
        return f"{self.label} ({self.label_id}) {self.score:.6f} [{box}] order {self.order}"


class ProgramFailed(AssertionError):
    """The program gave no answer."""


class Replay:
    """One run of the program on a case. It runs while the caller computes what to expect; `regions()` waits for its end."""

    def __init__(self, binary: pathlib.Path, case: Case) -> None:
        self.arrays = case.arrays()
        self._folder = tempfile.TemporaryDirectory(prefix="doclayout-case-", dir=_memory())
        for name, array in self.arrays.items():
            np.save(pathlib.Path(self._folder.name) / f"{name}.npy", np.ascontiguousarray(array))
        command = [binary, "postprocess", *case.flags(), self._folder.name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @functools.cached_property
    def page(self) -> dict:
        try:
            output, errors = self._process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise ProgramFailed("no answer within a minute") from None
        finally:
            self._folder.cleanup()
        if self._process.returncode != 0:
            raise ProgramFailed(f"exit status {self._process.returncode}: {errors.strip()}")
        return json.loads(output)["pages"][0]

    def regions(self) -> list[Region]:
        return [region_of(fields) for fields in self.page["regions"]]


def replays(binary: pathlib.Path, cases: Iterable[Case], ahead: int = 4) -> Iterator[Replay]:
    """One run a case, in their order. Some are under way while the caller looks at the first."""
    waiting: collections.deque[Replay] = collections.deque()
    for case in cases:
        waiting.append(Replay(binary, case))
        if len(waiting) > ahead:
            yield waiting.popleft()
    yield from waiting


def _memory() -> str | None:
    """Where a case of 300 masks (48 MB) does not wait for a disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def region_of(fields: dict) -> Region:
    polygon = tuple(tuple(point) for point in fields["polygon"])
    return Region(fields["label"], fields["label_id"], fields["score"], tuple(fields["bbox"]), polygon, fields["order"])


def differences(expected: list[Region], actual: list[Region], *, max_box: float = 0.0) -> Iterator[str]:
    """One sentence for each thing that differs. Regions must come in the same order."""
    if len(expected) != len(actual):
        yield f"{len(expected)} regions expected, {len(actual)} given"
    for index, (theirs, ours) in enumerate(zip(expected, actual)):
        found = list(region_differences(theirs, ours, max_box))
        yield from (f"region {index}: {what}" for what in found)
        if found and (theirs.label_id, theirs.box) != (ours.label_id, ours.box):
            yield "  expected: " + "; ".join(map(str, expected))
            yield "  given:    " + "; ".join(map(str, actual))
            return


def region_differences(theirs: Region, ours: Region, max_box: float) -> Iterator[str]:
    if (theirs.label, theirs.label_id) != (ours.label, ours.label_id):
        yield f"label {ours.label} ({ours.label_id}), expected {theirs.label} ({theirs.label_id})"
    if not abs(theirs.score - ours.score) <= MAX_SCORE:
        yield f"score {ours.score}, expected {theirs.score}"
    if theirs.order != ours.order:
        yield f"order {ours.order}, expected {theirs.order}"
    if not max(abs(a - b) for a, b in zip(theirs.box, ours.box, strict=True)) <= max_box:
        yield f"box {ours.box}, expected {theirs.box}"
    polygon = theirs.polygon or corners(ours.box)
    distance = polygon_distance(polygon, ours.polygon)
    if distance is None:
        yield f"polygon of {len(ours.polygon)} points, {len(polygon)} expected: {ours.polygon}, expected {polygon}"
    elif not distance <= MAX_POLYGON + MAX_PRINTED:
        yield f"polygon off by {distance:.2f} px: {ours.polygon}, expected {polygon}"


def corners(box: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    x1, y1, x2, y2 = box
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)


def polygon_distance(theirs, ours) -> float | None:
    """The largest distance of two points in the same place; None when their numbers differ."""
    if len(theirs) != len(ours):
        return None
    return max(max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in zip(theirs, ours))


def set_differences(expected: list[Region], actual: list[Region]) -> list[str]:
    """As above for lists whose order means nothing: PicoDet's reference has no reading order."""
    left = list(actual)
    missing = []
    for region in expected:
        same = next((ours for ours in left if _is_same(region, ours)), None)
        if same is None:
            missing.append(f"missing: {region}")
        else:
            left.remove(same)
    return missing + [f"not in the reference: {region}" for region in left]


def _is_same(theirs: Region, ours: Region) -> bool:
    return (
        (theirs.label, theirs.label_id) == (ours.label, ours.label_id)
        and abs(theirs.score - ours.score) <= MAX_SCORE
        and max(abs(a - b) for a, b in zip(theirs.box, ours.box, strict=True)) <= MAX_PRINTED
    )
