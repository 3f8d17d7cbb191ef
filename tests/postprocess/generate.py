"""Cases by chance: one description of what may come, fed either by a seed or by Hypothesis, which can shrink what it drew."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol, TypeVar

from cases import (
    CDLA_LABELS,
    MASK_SIZE,
    PICODET,
    PICODET_INPUT,
    PICODET_STRIDES,
    TRANSFORMERS,
    V3_LABELS,
    Case,
    Options,
)
from painting import UNIT

T = TypeVar("T")


class Source(Protocol):
    """Where chance comes from. The first of a list and the lowest number are the simplest: there shrinking leads."""

    def integer(self, low: int, high: int) -> int: ...

    def pick(self, options: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...


class Seeded:
    """The same case for the same seed, on every machine."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0xD1342543DE82EF95 + 1) % 2**64

    def integer(self, low: int, high: int) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
        z = self._state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return low + (z ^ (z >> 31)) % (high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.integer(0, 99) >= 100 - percent


# Landscape pages have another limit for large images; the largest have areas that float32 cannot count.
SIZES = (
    *((800, 800), (621, 877), (877, 621), (1240, 1754), (1754, 1240), (2480, 3508), (7016, 4961), (5000, 7000)),
    *((300, 40), (120, 80), (64, 97), (33, 47), (9, 7), (2, 3), (1, 1)),
)

WITH_FORMULA = ["paragraph_title", "image", "text", "formula", "table", "inline_formula", "reference", "seal", "chart"]
WITHOUT_IMAGE = ["text", "title", "formula", "table", "reference", "inline_formula", "header"]
LABEL_LISTS = (None, WITH_FORMULA, WITHOUT_IMAGE, ["image", "text"])


def page_size(source: Source) -> tuple[int, int]:
    if source.chance(40):
        return source.integer(1, 3000), source.integer(1, 3000)
    return source.pick(SIZES)


class Rows:
    """The rows of one case: boxes that have to do with one another."""

    def __init__(self, source: Source, width: int, height: int, sound: bool = False) -> None:
        self._source = source
        self._sound = sound
        self._size = (width * 8, height * 8)  # eighths of a pixel: exact in float32, half pixels among them
        self._boxes: list[tuple[int, int, int, int]] = []

    def next(self) -> tuple[float, float, float, float]:
        kinds = [self._plain] if self._sound else [self._plain, self._plain, self._small, self._strange]
        if self._boxes:
            kinds += [self._like, self._inside, self._beside, self._like]
        box = self._source.pick(kinds)()
        if self._source.chance(40):
            box = tuple(8 * round(value / 8) for value in box)
        self._boxes.append(box)
        return tuple(value / 8 for value in box)

    def _plain(self):
        (w, h), draw = self._size, self._source.integer
        x, y = draw(0, w * 9 // 10), draw(0, h * 9 // 10)
        return x, y, x + draw(w // 20, w // 2), y + draw(h // 20, h // 2)

    def _small(self):
        (w, h), draw = self._size, self._source.integer
        x, y = draw(0, w), draw(0, h)
        return x, y, x + draw(0, 200), y + draw(0, 200)

    def _strange(self):
        """Flat, inside out, across or beyond the border, the whole page."""
        (w, h), draw = self._size, self._source.integer
        x, y = draw(0, w), draw(0, h)
        return self._source.pick(
            [
                (0, 0, w, h),
                (draw(0, w // 25), draw(0, h // 25), w - draw(0, w // 25), h - draw(0, h // 25)),
                (x, y, x, y + draw(0, h // 2)),
                (x, y, x + draw(0, w // 2), y),
                (x, y, x - draw(0, w // 3), y + draw(0, h // 3)),
                (x, y, x - draw(0, w // 3), y - draw(0, h // 3)),
                (-draw(0, w // 4), -draw(0, h // 4), x, y),
                (x, y, w + draw(0, w // 4), h + draw(0, h // 4)),
                (w + draw(0, 80), y, w + draw(80, 800), y + draw(0, h // 3)),
                (-draw(0, w), -draw(0, h), 2 * w, 2 * h),
            ]
        )

    def _earlier(self):
        return self._source.pick(self._boxes[-8:])

    def _like(self):
        """Nearly an earlier one: overlaps of every degree."""
        x1, y1, x2, y2 = self._earlier()
        step = max(1, abs(x2 - x1) // self._source.pick([3, 10, 40]))
        return tuple(value + self._source.integer(-step, step) for value in (x1, y1, x2, y2))

    def _inside(self):
        x1, y1, x2, y2 = self._earlier()
        cut = [self._source.integer(0, 6) for _ in range(4)]
        w, h = x2 - x1, y2 - y1
        return x1 + w * cut[0] // 14, y1 + h * cut[1] // 14, x2 - w * cut[2] // 14, y2 - h * cut[3] // 14

    def _beside(self):
        """Touches an earlier one, or misses it by little."""
        x1, y1, x2, y2 = self._earlier()
        w, h = abs(x2 - x1) + 8, abs(y2 - y1) + 8
        gap = self._source.integer(-16, 16)
        return self._source.pick([(x2 + gap, y1, x2 + gap + w, y2), (x1, y2 + gap, x2, y2 + gap + h)])


def options_of(source: Source, classes: Sequence[int], masks: bool) -> Options:
    """Each kind of value for all, and for some classes. Without masks there is but one shape."""

    def by_class(value, keep=60):
        return {label: value() for label in classes if source.chance(keep)}

    threshold = source.integer(1, 12) / 20
    if source.chance(35):
        threshold = by_class(lambda: source.integer(1, 14) / 20, keep=80) or 0.5
    merge = source.pick([None, "union", "large", "small"])
    if source.chance(45):
        merge = by_class(lambda: source.pick(["union", "large", "small"]))

    def ratio():
        return source.pick([1.0, 1.1, 0.5, 0.9, 1.05, 1.3, 2.0])

    unclip = source.pick([None, None, "one", "pair", "class"])
    unclip = {
        None: lambda: None,
        "one": ratio,
        "pair": lambda: (ratio(), ratio()),
        "class": lambda: by_class(lambda: (ratio(), ratio())),
    }[unclip]()
    return Options(
        threshold=threshold,
        nms=source.chance(60),
        merge=merge,
        unclip=unclip,
        shape=source.pick(["auto", "poly", "quad", "rect"] if masks else ["auto", "rect"]),
        overlap_filter=source.chance(50),
    )


def paddle_case(
    source: Source,
    family: str,
    *,
    least: int = 0,
    most: int = 20,
    masks: bool = False,
    ties: bool = False,
    sound: bool = False,
    columns: int | None = None,
) -> Case:
    """Rows as Paddle's exports give them. `ties`: scores, orders and whole rows that are equal. `sound`: no box is flat.
    `columns`: another number than the family's own.
    """
    width, height = page_size(source)
    labels = source.pick(LABEL_LISTS)
    if family == "pp-doclayout" and labels is None:
        labels = V3_LABELS
    known = len(labels or V3_LABELS)
    classes = sorted({source.integer(0, known - 1) for _ in range(source.integer(1, 5))})
    if source.chance(40):  # labels with rules of their own
        names = labels or V3_LABELS
        classes = sorted({*classes, *(names.index(name) for name in names if name in SPECIAL and source.chance(60))})
    options = options_of(source, classes, masks)
    if family == "pp-doclayout":  # Its stage is an older one.
        options = dataclasses.replace(options, shape="rect", overlap_filter=False)
    count = source.integer(least, most)
    boxes = Rows(source, width, height, sound)
    columns = columns or {"pp-doclayout": 6, "pp-doclayoutv2": 8, "pp-doclayoutv3": 7}[family]
    rows: list[list[float]] = []
    for index in range(count):
        if ties and rows and source.chance(10):
            rows.append(list(source.pick(rows)))
            continue
        label = -1 if source.chance(2) else source.pick(classes)
        score = source.integer(0, 20) / 20 if ties else (source.integer(0, 998) * 1000 + index) / 1e6
        if source.chance(3):
            score = source.integer(1, 18) / 20  # perhaps just the threshold
        row = [label, score, *boxes.next()]
        order = source.integer(0, 5) if ties else source.integer(0, 99) * 300 + index
        rows.append(row + {6: [], 7: [order], 8: [order // 4, source.integer(0, 9)]}[columns])
    recipes = [mask_for(source, row[2:6], (width, height)) for row in rows] if masks else None
    mask_type = source.pick(["uint8", "int32"]) if masks else "uint8"
    return Case(family, width, height, options, labels, rows, columns, recipes, mask_type)


SPECIAL = {"image", "formula", "inline_formula", "reference", "table", "seal", "chart"}

# Points in sixteenths of the box; the first sign adds, the second cuts.
WHOLE = [[0, 0], [16, 0], [16, 16], [0, 16]]
SHAPES = {
    "box": [["+", WHOLE]],
    "ring": [["+", [[1, 1], [15, 1], [15, 15], [1, 15]]], ["-", [[5, 5], [11, 5], [11, 11], [5, 11]]]],
    "l": [["+", [[0, 0], [6, 0], [6, 10], [16, 10], [16, 16], [0, 16]]]],
    "u": [["+", [[0, 0], [4, 0], [4, 11], [12, 11], [12, 0], [16, 0], [16, 16], [0, 16]]]],
    "t": [["+", [[0, 0], [16, 0], [16, 5], [10, 5], [10, 16], [6, 16], [6, 5], [0, 5]]]],
    "slanted": [["+", [[4, 0], [16, 0], [12, 16], [0, 16]]]],
    "rotated": [["+", [[0, 4], [12, 0], [16, 12], [4, 16]]]],
    "diamond": [["+", [[8, 0], [16, 8], [8, 16], [0, 8]]]],
    "triangle": [["+", [[0, 16], [8, 0], [16, 16]]]],
    "round": [["+", [[5, 1], [11, 1], [15, 5], [15, 11], [11, 15], [5, 15], [1, 11], [1, 5]]]],
    "star": [["+", [[8, 0], [10, 6], [16, 8], [10, 10], [8, 16], [6, 10], [0, 8], [6, 6]]]],
    "steps": [["+", [[0, 0], [4, 0], [4, 4], [8, 4], [8, 8], [12, 8], [12, 12], [16, 12], [16, 16], [0, 16]]]],
    "two": [["+", [[0, 0], [16, 0], [16, 6], [0, 6]]], ["+", [[0, 10], [12, 10], [12, 16], [0, 16]]]],
    "equal parts": [["+", [[0, 0], [6, 0], [6, 16], [0, 16]]], ["+", [[10, 0], [16, 0], [16, 16], [10, 16]]]],
    "comb": [["+", WHOLE], *(["-", [[x, 3], [x + 1, 3], [x + 1, 16], [x, 16]]] for x in (2, 5, 8, 11))],
    "line": [["+", [[0, 7], [16, 7], [16, 8], [0, 8]]]],
}
KINDS = ("box", "slanted", "blank", "full", *tuple(SHAPES)[1:], "free", "free", "free")


def mask_for(source: Source, box: Sequence[float], size: tuple[int, int], simple: bool = False) -> dict:
    """A recipe for a mask that has to do with the box, and sometimes has not."""
    kind = source.pick(KINDS)
    if kind == "blank":
        return {}
    if kind == "full":
        edge = MASK_SIZE * UNIT
        return {"parts": [["+", [[0, 0], [edge, 0], [edge, edge], [0, edge]]]]}
    if kind == "free":
        points = [[source.integer(0, 16), source.integer(0, 16)] for _ in range(source.integer(3, 9))]
        parts = [["+", points]]
    else:
        parts = SHAPES[kind]
    flip_x, flip_y = source.chance(30), source.chance(30)
    scale = [MASK_SIZE * UNIT / size[0], MASK_SIZE * UNIT / size[1]]
    x1, y1, x2, y2 = box

    def place(point):
        x, y = (16 - point[0] if flip_x else point[0]), (16 - point[1] if flip_y else point[1])
        return [round((x1 + (x2 - x1) * x / 16) * scale[0]), round((y1 + (y2 - y1) * y / 16) * scale[1])]

    recipe: dict = {"parts": [[sign, [place(point) for point in points]] for sign, points in parts]}
    if not simple and source.chance(15):
        recipe["noise"] = [source.integer(1, 10**6), source.pick([0, 2, 20]), source.pick([3, 50, 200])]
    return recipe


def transformers_case(source: Source, *, most: int = 12, least: int = 1) -> Case:
    """Queries as the export of transformers gives them: several classes of one query, few that are found."""
    width, height = page_size(source)
    count = source.integer(least, most)
    boxes = Rows(source, width, height)
    corners = [boxes.next() for _ in range(count)]
    centred = [
        [
            round((x1 + x2) / 2 / width, 6),
            round((y1 + y2) / 2 / height, 6),
            round((x2 - x1) / width, 6),
            round((y2 - y1) / height, 6),
        ]
        for x1, y1, x2, y2 in corners
    ]
    found = []
    for query in range(count):
        for label in {source.integer(0, 24) for _ in range(source.pick([1, 1, 1, 0, 2]))}:
            found.append([query, label, (source.integer(-1500, 4000) * 1000 + len(found)) / 1e6])
    places = list(range(count))
    for index in range(count - 1, 0, -1):
        other = source.integer(0, index)
        places[index], places[other] = places[other], places[index]
    queries = {
        "count": count,
        "classes": 25,
        "seed": source.integer(0, 10**6),
        "found": found,
        "boxes": centred,
        "places": places,
        "certainty": source.pick([2.0, 0.75]),
        "masks": [mask_for(source, box, (width, height), simple=True) for box in corners],
    }
    options = options_of(source, range(25), True)
    if options.merge == "small":  # Here the reference loses track of which polygon is whose.
        options = dataclasses.replace(options, shape="rect")
    return Case(TRANSFORMERS, width, height, options, queries=queries)


def picodet_case(source: Source, *, most: int = 40, least: int = 0, ties: bool = False) -> Case:
    """Cells of PicoDet's four levels, neighbours among them, so that boxes overlap."""
    width, height = page_size(source)
    found: list[list] = []
    used = set()
    for _ in range(source.integer(least, most)):
        level = source.integer(0, 3)
        stride = PICODET_STRIDES[level]
        columns, rows = -(-PICODET_INPUT[0] // stride), -(-PICODET_INPUT[1] // stride)
        cell = source.integer(0, columns * rows - 1)
        if found and source.chance(50):
            level, near = source.pick(found)[:2]
            columns, rows = (-(-side // PICODET_STRIDES[level]) for side in PICODET_INPUT)
            cell = min(max(near + source.pick([1, -1, columns, -columns]), 0), columns * rows - 1)
        if (level, cell) in used:
            continue
        used.add((level, cell))
        scores = []
        for label in {source.integer(0, 9) for _ in range(source.pick([1, 1, 2]))}:
            score = source.integer(1, 19) / 20 if ties else (source.integer(30, 998) * 1000 + len(found)) / 1e6
            scores.append([label, score])
        found.append([level, cell, scores, [source.integer(0, 28) / 4 for _ in range(4)]])
    cells = {"classes": len(CDLA_LABELS), "seed": source.integer(0, 10**6), "found": found}
    return Case(PICODET, width, height, Options(threshold=source.integer(1, 18) / 20), cells=cells)
