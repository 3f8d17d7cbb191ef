"""Cases written down one by one, each after a rule of the reference, with its neighbours on both sides of the rule's limit."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from cases import V3_LABELS, Case, Options
from generate import SHAPES, WITH_FORMULA, Seeded, mask_for, paddle_case

V2, V3 = "pp-doclayoutv2", "pp-doclayoutv3"
TEXT, IMAGE, TABLE = (V3_LABELS.index(name) for name in ("text", "image", "table"))
BARE = Options(threshold=0.3, nms=False, merge=None, shape="rect", overlap_filter=False)

Named = tuple[str, Case]


def bare(**changes) -> Options:
    """Nothing is done but what `changes` ask for."""
    return Options(**{**vars(BARE), **changes})


def all_cases() -> Iterator[Named]:
    """Every case with its name; names are unique."""
    for make in (
        nothing,
        thresholds,
        overlaps_for_nms,
        containment,
        large_images,
        unclipping,
        filtered_overlaps,
        borders,
        orders,
        one_mask,
        masks_side_by_side,
        masks_near_limits,
        defaults,
        full,
    ):
        yield from ((f"{make.__name__}: {name}", case) for name, case in make())


def nothing() -> Iterator[Named]:
    for threshold, nms, merge, shape in itertools.product(
        [0.3, {}], [True, False], ["large", {22: "small"}], ["auto", "rect"]
    ):
        options = Options(threshold=threshold, nms=nms, merge=merge, shape=shape)
        name = f"{threshold} {nms} {merge} {shape}"
        yield f"no rows, {name}", Case(V3, 800, 600, options, columns=7)
        yield f"no rows with masks, {name}", Case(V3, 800, 600, options, columns=7, masks=[])
        padding = [[-1, 0, 0, 0, 0, 0, 0]] * 3
        yield f"only padding, {name}", Case(V3, 800, 600, options, rows=padding, masks=[{}] * 3)
        low = [[TEXT, 0.2, 10, 10, 90, 90, 1], [IMAGE, 0.1, 30, 30, 300, 300, 0]]
        yield f"all too low, {name}", Case(V3, 800, 600, options, rows=low)


def thresholds() -> Iterator[Named]:
    """A score must be above the threshold, as float32 both."""
    for threshold in (0.1, 0.3, 0.5, 0.7):
        scores = [threshold - 1e-7, threshold, threshold + 1e-7, threshold - 0.1, threshold + 0.1]
        rows = [[TEXT, score, 10, 40 * i, 200, 40 * i + 30, i] for i, score in enumerate(scores)]
        yield f"near {threshold}", Case(V3, 400, 400, bare(threshold=threshold), rows=rows)
        yield f"near {threshold} of a class", Case(V3, 400, 400, bare(threshold={TEXT: threshold}), rows=rows)
        yield f"near {threshold}, of another class", Case(V3, 400, 400, bare(threshold={IMAGE: threshold}), rows=rows)
    rows = [[label, 0.5 + label / 1000, 10, 15 * label, 300, 15 * label + 9, 24 - label] for label in range(25)]
    yield "each class its own", Case(V3, 400, 400, bare(threshold={i: i / 30 for i in range(25)}), rows=rows)


def overlaps_for_nms() -> Iterator[Named]:
    """Pairs that overlap from all to nothing, one pair a row of the page; a pixel is added to each side."""
    for (width, height), other in itertools.product([(20, 30), (99, 40), (7, 3), (800, 90)], [TEXT, TABLE]):
        rows = []
        for i, shift in enumerate(range(31)):
            y = 2 + i * (height + 8)
            x2 = 5 + width * shift // 30
            rows.append([TEXT, 0.9 - i / 1000, 5, y, 5 + width, y + height, 2 * i])
            rows.append([other, 0.6 - i / 1000, x2, y, x2 + width, y + height, 2 * i + 1])
        yield f"{width} x {height} with {V3_LABELS[other]}", Case(V3, 2000, 4000, bare(nms=True), rows=rows)
    near = []
    for i, shift in enumerate(range(93, 107)):  # 100 of 400 pixels are just 0.6
        near.append([TEXT, 0.9 - i / 1000, 5, 50 * i, 404, 50 * i + 40, 2 * i])
        near.append([TEXT, 0.6 - i / 1000, 5 + shift, 50 * i, 404 + shift, 50 * i + 40, 2 * i + 1])
    yield "near the limit", Case(V3, 2000, 4000, bare(nms=True), rows=near)
    chain = [[TEXT, 0.9 - i / 100, 10, 10 + 6 * i, 300, 50 + 6 * i, i] for i in range(20)]
    yield "a chain", Case(V3, 400, 400, bare(nms=True), rows=chain)
    nearly = [[TEXT, 0.9, 0, 0, 99, 99, 0], [TABLE, 0.8, 0, 0, 99, 97, 1], [IMAGE, 0.7, 1, 0, 99, 99, 2]]
    yield "three labels on one place", Case(V3, 4000, 4000, bare(nms=True), rows=nearly)
    inverted = [[TEXT, 0.9, 50, 50, 40, 40, 0], [TEXT, 0.8, 50, 50, 49, 49, 1], [TEXT, 0.7, 50, 50, 50, 50, 2]]
    yield "inside out", Case(V3, 400, 400, bare(nms=True), rows=inverted)


MERGES = ["union", "large", "small", {0: "large"}, {2: "large"}, {2: "small"}, {2: "small", 3: "large", 1: "union"}, {}]


def containment() -> Iterator[Named]:
    """Boxes of which about nine tenths lie in another one; formulas are not taken away by others."""
    for merge, labels in itertools.product(MERGES, [WITH_FORMULA, WITH_FORMULA[:3], None]):
        known = len(labels or V3_LABELS)
        if isinstance(merge, dict):
            merge = {label: mode for label, mode in merge.items() if label < known}
        rows = []
        for i, (inner, outer) in enumerate(itertools.product(range(min(known, 5)), repeat=2)):
            x, y, outside = 10 + 150 * (i % 5), 10 + 90 * (i // 5), 6 + i % 9
            rows.append([outer, 0.5 + i / 1000, x, y, x + 100, y + 70, 3 * i])
            rows.append(
                [inner, 0.7 + i / 1000, x + 100 - 90 + outside, y + 5, x + 100 + outside - 5, y + 60, 3 * i + 1]
            )
            rows.append([inner, 0.8 + i / 1000, x + 5, y + 5, x + 20, y + 20, 3 * i + 2])
        name = f"{merge}, {'no' if labels is None or 'formula' not in labels else 'with'} formula, {known} labels"
        yield name, Case(V3, 800, 500, bare(merge=merge), labels, rows)
    same = [[TEXT, 0.9, 10, 10, 90, 90, 1], [TEXT, 0.8, 10, 10, 90, 90, 2], [IMAGE, 0.7, 10, 10, 90, 90, 3]]
    flat = [[TEXT, 0.9, 10, 10, 90, 90, 1], [TEXT, 0.8, 20, 20, 20, 80, 2], [TEXT, 0.7, 60, 60, 30, 30, 3]]
    dolls = [[TEXT, 0.9 - i / 100, 10 + i, 10 + i, 390 - i, 390 - i, i] for i in range(12)]
    for merge in MERGES:
        for name, rows in {"the same box": same, "flat in a box": flat, "dolls": dolls}.items():
            yield f"{name}, {merge}", Case(V3, 400, 400, bare(merge=merge), rows=rows)


def large_images() -> Iterator[Named]:
    """An image that is nearly the page is dropped, unless nothing else is there."""
    for width, height in ((1000, 800), (800, 1000), (1000, 1000), (7016, 4961)):
        for percent in (80, 81.9, 82, 82.05, 82.1, 92.9, 93, 93.05, 93.1, 100, 130):
            image = [IMAGE, 0.9, 0, 0, width, height * percent / 100, 0]
            text = [TEXT, 0.8, 10, 10, 90, 40, 1]
            name = f"{percent} % of {width} x {height}"
            yield name, Case(V3, width, height, bare(), rows=[image, text])
            yield f"{name}, twice and nothing else", Case(V3, width, height, bare(), rows=[image, [*image[:6], 1]])
    yield "alone", Case(V3, 100, 100, bare(), rows=[[IMAGE, 0.9, 0, 0, 100, 100, 0]])
    rows = [[1, 0.9, 0, 0, 100, 100, 0], [2, 0.8, 10, 10, 50, 50, 1]]
    yield "image is class 1", Case(V3, 100, 100, bare(), WITH_FORMULA, rows)
    yield "no label is called image", Case(V3, 100, 100, bare(), ["a", "b", "c"], rows)
    beyond = [[IMAGE, 0.9, -500, -500, 1500, 1500, 0], [TEXT, 0.8, 10, 10, 90, 40, 1]]
    yield "beyond the page", Case(V3, 1000, 800, bare(), rows=beyond)


def unclipping() -> Iterator[Named]:
    rows = [[i % 3 + 21, 0.5 + i / 100, 7 + 31 * i, 9 + 17 * i, 60 + 40 * i, 77 + 20 * i, i] for i in range(9)]
    for unclip in (1.0, 1.1, 0.5, 3.0, (1.1, 1.2), (0.9, 1.7), {}, {21: (1.1, 1.2)}, {21: (2.0, 0.5), 23: (1.3, 1.3)}):
        yield f"{unclip}", Case(V3, 400, 250, bare(unclip=unclip), rows=rows)
        masks = [mask_for(Seeded(i), row[2:6], (400, 250)) for i, row in enumerate(rows)]
        yield f"{unclip} with masks", Case(V3, 400, 250, bare(unclip=unclip, shape="auto"), rows=rows, masks=masks)


LABEL_PAIRS = [
    *(("text", "text"), ("image", "text"), ("text", "image"), ("table", "text"), ("table", "image"), ("seal", "chart")),
    *(("seal", "text"), ("table", "seal"), ("image", "image"), ("inline_formula", "text"), ("text", "inline_formula")),
    *(("inline_formula", "inline_formula"), ("reference", "text"), ("image", "inline_formula"), ("table", "table")),
]


def filtered_overlaps() -> Iterator[Named]:
    """Of two that overlap by more than 0.7 of the smaller the larger stays; formulas in a line, images and references differ."""
    for first, second in LABEL_PAIRS:
        rows = []
        for i, percent in enumerate((0, 40, 49, 50, 51, 60, 69, 70, 71, 80, 95, 100)):
            y = 5 + 130 * i
            rows.append([V3_LABELS.index(first), 0.5 + i / 1000, 100, y, 200, y + 100, 2 * i])
            rows.append(
                [V3_LABELS.index(second), 0.6 + i / 1000, 200 - percent, y, 300 - percent, y + 90 + 2 * i, 2 * i + 1]
            )
        for shape in ("rect", "auto"):
            case = Case(V3, 400, 1700, bare(overlap_filter=True, shape=shape), rows=rows)
            yield f"{first} and {second}, {shape}", case
            masks = [mask_for(Seeded(100 + i), row[2:6], (400, 1700)) for i, row in enumerate(rows)]
            case = Case(V3, 400, 1700, bare(overlap_filter=True, shape=shape), rows=rows, masks=masks)
            yield f"{first} and {second}, {shape} with masks", case
    sizes = [
        [TEXT, 0.9 - i / 100, 10, 20 * i, 10 + w, 20 * i + h, i]
        for i, (w, h) in enumerate(itertools.product(range(4, 8), repeat=2))
    ]
    yield "smaller than six pixels", Case(V3, 400, 400, bare(overlap_filter=True), rows=sizes)
    thirds = [[TEXT, 0.9, 0, 0, 100, 100, 0], [TEXT, 0.8, 20, 0, 130, 100, 1], [TEXT, 0.7, 40, 0, 170, 100, 2]]
    yield "one after the other", Case(V3, 400, 400, bare(overlap_filter=True), rows=thirds)


def borders() -> Iterator[Named]:
    edges = [-20.5, -0.5, 0, 0.5, 1, 98.5, 99.5, 100, 100.5, 120]
    rows = [
        [TEXT, 0.5 + i / 1000, x1, y1, x2, y2, i]
        for i, (x1, x2, y1, y2) in enumerate(
            (x1, x2, y1, y2)
            for (x1, x2) in itertools.combinations(edges, 2)
            for (y1, y2) in ((10, 30), (-5.5, 70), (99, 130))
        )
    ]
    for shape in ("rect", "auto"):
        yield f"100 x 100, {shape}", Case(V3, 100, 100, bare(shape=shape), rows=rows)
        masks = [mask_for(Seeded(i), row[2:6], (100, 100)) for i, row in enumerate(rows)]
        yield f"100 x 100 with masks, {shape}", Case(V3, 100, 100, bare(shape=shape), rows=rows, masks=masks)
    halves = [[TEXT, 0.9 - i / 100, i + 0.5, 10.5 + i, 50.5 + i, 60.5 + i, i] for i in range(10)]
    yield "halves are rounded to even", Case(V3, 100, 100, bare(), rows=halves)


def orders() -> Iterator[Named]:
    places = {
        "falling": [9, 8, 7, 6, 5, 4],
        "not in steps": [3, 100, -5, 0.5, 299, 0],
        "all equal": [4] * 6,
        "equal in pairs": [2, 1, 2, 1, 0, 0],
    }
    labels = [V3_LABELS.index(name) for name in ("text", "figure_title", "image", "header", "text", "footnote")]
    for (name, order), nms in itertools.product(places.items(), [True, False]):
        rows = [[labels[i], 0.5 + (i * 5 % 6) / 20, 10, 50 * i, 300, 50 * i + 40, order[i]] for i in range(6)]
        yield f"{name}, {nms}", Case(V3, 400, 400, bare(nms=nms), rows=rows)
        second = [5, 0, 3, 1, 4, 2]
        rows = [[*row, second[i]] for i, row in enumerate(rows)]
        yield f"{name}, a second column, {nms}", Case(V2, 400, 400, bare(nms=nms), rows=rows, columns=8)


MASKED_BOXES = {
    "a column": (37, 52.5, 388, 471),
    "a line": (30, 700, 590, 731),
    "a page": (0, 0, 621, 877),
    "a letter": (300, 300, 311, 317),
    "across the border": (-40, 500, 200, 960),
}


def one_mask() -> Iterator[Named]:
    """Each form of a mask in each shape, in boxes of several proportions; a wide box beside it sets the limit of distances."""
    for form, (place, box), shape in itertools.product(SHAPES, MASKED_BOXES.items(), ["auto", "poly", "quad"]):
        for flipped, alone in ((False, True), (True, False)):
            source = Fixed(form, flipped)
            rows = [[TEXT, 0.9, *box, 1]] + ([] if alone else [[TABLE, 0.8, 5, 2, 600, 40, 0]])
            masks = [mask_for(source, row[2:6], (621, 877), simple=True) for row in rows]
            name = f"{form} in {place}, {shape}, {'flipped' if flipped else 'alone'}"
            yield name, Case(V3, 621, 877, bare(shape=shape), rows=rows, masks=masks)


class Fixed:
    """A source for `mask_for` alone."""

    def __init__(self, form: str, flipped: bool) -> None:
        self.form = form
        self._flipped = flipped

    def pick(self, _options):
        return self.form

    def chance(self, _percent):
        return self._flipped


def masks_side_by_side() -> Iterator[Named]:
    """Two columns whose masks lean into each other: what comes before decides between a quadrilateral and a polygon."""
    forms = list(SHAPES)
    for index, form in enumerate(forms):
        rows = [[TEXT, 0.9 - i / 100, 20 + 90 * i, 30 + 7 * i, 140 + 90 * i, 400 + 30 * i, i] for i in range(5)]
        masks = []
        for i, row in enumerate(rows):
            source = Fixed(forms[(index + i * 3) % len(forms)] if i % 2 else form, flipped=i % 3 == 0)
            masks.append(mask_for(source, row[2:6], (621, 877), simple=True))
        for options in (bare(shape="auto"), bare(shape="auto", overlap_filter=True, nms=True), bare(shape="quad")):
            name = f"{form} first, {options.shape} {options.nms}"
            yield name, Case(V3, 621, 877, options, rows=rows, masks=masks, mask_type="int32")


def masks_near_limits() -> Iterator[Named]:
    """Around the overlap with the outline before from which a quadrilateral is in its way, and around the width from which a
    box sets its own limit of distances.
    """
    slanted, whole, comb = Fixed("slanted", False), Fixed("box", False), Fixed("comb", False)
    for overlap in (0, 1, 2, 3, 4, 5, 6, 8, 12):  # halves of a percent of the narrower
        boxes = [(10, 100, 410, 600), (410 - 4 * overlap // 2, 100, 810, 600)]
        rows = [[TEXT, 0.9 - i / 10, *box, i] for i, box in enumerate(boxes)]
        masks = [mask_for(source, row[2:6], (1000, 1000), True) for source, row in zip((whole, slanted), rows)]
        yield f"the outline before, {overlap}", Case(V3, 1000, 1000, bare(shape="auto"), rows=rows, masks=masks)
    for width in (300, 580, 590, 597, 600, 601, 603, 605, 610, 615, 620, 700):
        for first, form in itertools.product((comb, slanted), ("comb", "star", "steps", "u")):
            boxes = [(0, 0, 1000, 60), (7, 100, 7 + width, 900)]
            rows = [[TEXT, 0.9 - i / 10, *box, i] for i, box in enumerate(boxes)]
            masks = [
                mask_for(source, row[2:6], (1000, 1000), True) for source, row in zip((first, Fixed(form, True)), rows)
            ]
            name = f"{width} wide, {form}, {first.form}"
            yield name, Case(V3, 1000, 1000, bare(shape="poly"), rows=rows, masks=masks)


# What the reference's pipeline asks of PP-DocLayoutV3, in which these labels' boxes take up what they contain.
LARGE = ("chart", "display_formula", "doc_title", "inline_formula", "paragraph_title")
V3_DEFAULTS = Options(
    threshold=0.3,
    nms=True,
    merge={label: "large" if name in LARGE else "union" for label, name in enumerate(V3_LABELS)},
    shape="auto",
    overlap_filter=True,
)


def defaults() -> Iterator[Named]:
    """Nothing is asked for."""
    for seed in range(30):
        case = paddle_case(Seeded(seed + 300), V3, least=10, most=20, masks=seed % 2 == 0, sound=True)
        yield f"seed {seed}", dataclasses.replace(case, options=V3_DEFAULTS, said=False, labels=None)


def full() -> Iterator[Named]:
    """As many rows as the networks give."""
    for seed in range(6):
        case = paddle_case(Seeded(seed), (V2, V3)[seed % 2], least=300, most=300)
        yield f"seed {seed}", case
    for seed, shape in enumerate(("auto", "poly", "quad")):
        case = paddle_case(Seeded(seed + 50), V3, least=300, most=300, masks=True, sound=True)
        options = Options(threshold=0.1 * seed, nms=True, merge={1: "large"}, shape=shape)
        yield f"with masks, {shape}", dataclasses.replace(case, width=1240, height=1754, options=options)
