"""A case of post-processing: what a network put out for a page, the page's size and what is asked for. Plain JSON when stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from painting import paint, splitmix64

MASK_SIZE = 200  # rows and columns of a mask, for a model's input of 800 x 800

V3_LABELS = [
    "abstract",
    "algorithm",
    "aside_text",
    "chart",
    "content",
    "display_formula",
    "doc_title",
    "figure_title",
    "footer",
    "footer_image",
    "footnote",
    "formula_number",
    "header",
    "header_image",
    "image",
    "inline_formula",
    "number",
    "paragraph_title",
    "reference",
    "reference_content",
    "seal",
    "table",
    "text",
    "vertical_text",
    "vision_footnote",
]

CDLA_LABELS = [
    "text",
    "title",
    "figure",
    "figure_caption",
    "table",
    "table_caption",
    "header",
    "footer",
    "reference",
    "equation",
]

PADDLE_FAMILIES = ("pp-doclayout", "pp-doclayoutv2", "pp-doclayoutv3")
TRANSFORMERS = "pp-doclayoutv3-transformers"
PICODET = "picodet"

Ratio = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Options:
    """What is asked for, in the reference's terms: a value for all, or one for each of some classes.

    A class that a map leaves out takes 0.5 as its threshold, "union", and a ratio of 1, as it does there.
    """

    threshold: float | dict[int, float] = 0.3
    nms: bool = True
    merge: str | dict[int, str] | None = None
    unclip: float | Ratio | dict[int, Ratio] | None = None
    shape: str = "auto"
    overlap_filter: bool = True

    def flags(self, labels: Sequence[str]) -> list[str]:
        """Classes are called by their number and by their name in turn."""

        def by_class(name: str, values: dict[int, Any], text) -> list[str]:
            items = (f"{labels[key] if key % 2 else key}:{text(value)}" for key, value in values.items())
            return [name, ",".join(items)] if values else []

        flags = ["--nms" if self.nms else "--no-nms"]
        flags += ["--overlap-filter" if self.overlap_filter else "--no-overlap-filter", "--shape", self.shape]
        if isinstance(self.threshold, dict):
            flags += ["--threshold", "0.5", *by_class("--class-threshold", self.threshold, repr)]
        else:
            flags += ["--threshold", repr(self.threshold)]
        if isinstance(self.merge, dict):
            flags += ["--merge", "union", *by_class("--class-merge", self.merge, str)]
        else:
            flags += ["--merge", self.merge or "union"]
        if isinstance(self.unclip, dict):
            flags += by_class("--class-unclip", self.unclip, lambda ratio: f"{ratio[0]!r}x{ratio[1]!r}")
        elif isinstance(self.unclip, (tuple, list)):
            flags += ["--unclip", f"{self.unclip[0]!r},{self.unclip[1]!r}"]
        elif self.unclip is not None:
            flags += ["--unclip", repr(self.unclip)]
        return flags


@dataclasses.dataclass(frozen=True)
class Case:
    """Numbers are kept as decimals and become float32 in the arrays, so that a stored case reads well.

    Which fields are filled depends on the family:
    Paddle's exports have `rows` (class, score, x1, y1, x2, y2 and order columns) and perhaps `masks`, one recipe a row;
    the export of transformers has `queries`, PicoDet has `cells`: recipes as in `_query_arrays` and `_cell_arrays`.
    """

    family: str
    width: int
    height: int
    options: Options = Options()
    labels: list[str] | None = None  # None: the family's own
    rows: list[list[float]] = dataclasses.field(default_factory=list)
    columns: int = 7
    masks: list[dict] | None = None
    mask_type: str = "uint8"
    queries: dict | None = None
    cells: dict | None = None
    said: bool = True  # False: the options are the family's own, and the program is told none

    def arrays(self) -> dict[str, np.ndarray]:
        """By name, as the files are called without `.npy`."""
        if self.queries is not None:
            return _query_arrays(self.queries)
        if self.cells is not None:
            return _cell_arrays(self.cells)
        arrays = {"boxes": np.array(self.rows, dtype=np.float32).reshape(-1, self.columns)}
        if self.masks is not None:
            masks = np.zeros((len(self.masks), MASK_SIZE, MASK_SIZE), dtype=self.mask_type)
            for mask, recipe in zip(masks, self.masks):
                mask[:] = paint(recipe, MASK_SIZE)
            arrays["masks"] = masks
        return arrays

    def flags(self) -> list[str]:
        flags = ["--family", self.family, "--width", str(self.width), "--height", str(self.height)]
        if self.labels is not None:
            flags += ["--labels", ",".join(self.labels)]
        if not self.said:
            return flags
        if self.family == PICODET:
            assert isinstance(self.options.threshold, float)
            return [*flags, "--threshold", repr(self.options.threshold)]
        return flags + self.options.flags(self.labels or V3_LABELS)

    def to_json(self) -> dict:
        """Without what has its default, for `from_json`."""
        plain = Case(self.family, self.width, self.height)
        fields = {name: value for name, value in vars(self).items() if value != getattr(plain, name)}
        required = {"family": self.family, "width": self.width, "height": self.height}
        return {**required, **fields, "options": dataclasses.asdict(self.options)}

    @staticmethod
    def from_json(fields: dict) -> Case:
        options = {name: _with_numbers(value) for name, value in fields["options"].items()}
        return Case(**{**fields, "options": Options(**options)})

    def __str__(self) -> str:
        return json.dumps(self.to_json())


def _with_numbers(value):
    """JSON has no numbers as keys."""
    return {int(key): item for key, item in value.items()} if isinstance(value, dict) else value


def noise(seed: int, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    """Float32 numbers evenly between the two, the same ones everywhere."""
    count = int(np.prod(shape))
    steps = (splitmix64(seed, count) >> np.uint64(44)).astype(np.float64)  # 20 bits
    return (low + (high - low) * steps / 2**20).astype(np.float32).reshape(shape)


def _query_arrays(recipe: dict) -> dict[str, np.ndarray]:
    """`count` queries of `classes` classes. `found` lists [query, class, logit]: all else is noise far below. `boxes` are in
    0..1. `places` says where each query is read: the votes follow it, with noise. `masks` are recipes, painted as logits.
    """
    count, classes, seed = recipe["count"], recipe["classes"], recipe["seed"]
    logits = noise(seed, (count, classes), -12, -7)
    for query, label, logit in recipe["found"]:
        logits[query, label] = logit
    places = np.array(recipe["places"], dtype=np.float32)
    order = recipe["certainty"] * (places[None, :] - places[:, None]) + noise(seed + 1, (count, count), -0.25, 0.25)
    masks = np.empty((count, MASK_SIZE, MASK_SIZE), dtype=np.float32)
    grain = noise(seed + 2, (MASK_SIZE, MASK_SIZE), -0.125, 0.125)
    for mask, painted in zip(masks, recipe["masks"]):
        mask[:] = np.where(paint(painted, MASK_SIZE) > 0, np.float32(2), np.float32(-2)) + grain
    return {
        "logits": logits,
        "pred_boxes": np.array(recipe["boxes"], dtype=np.float32).reshape(count, 4),
        "order_logits": order.astype(np.float32),
        "out_masks": masks,
    }


PICODET_INPUT = (608, 800)  # columns, rows
PICODET_STRIDES = (8, 16, 32, 64)
PICODET_BINS = 8


def _cell_arrays(recipe: dict) -> dict[str, np.ndarray]:
    """A quiet grid of `classes` classes in which `found` lists [level, cell, [[class, score], …], [4 distances in strides]].

    A distance is put out as a distribution over the bins whose mean is near it, with noise.
    """
    classes, seed = recipe["classes"], recipe["seed"]
    width, height = PICODET_INPUT
    arrays = {}
    for level, stride in enumerate(PICODET_STRIDES):
        cells = -(-width // stride) * -(-height // stride)
        scores = noise(seed + 2 * level, (cells, classes), 0, recipe.get("background", 0.02))
        distances = noise(seed + 2 * level + 1, (cells, 4, PICODET_BINS), -2, 2)
        for where, cell, found, sides in recipe["found"]:
            if where == level:
                for label, score in found:
                    scores[cell, label] = score
                bins = np.arange(PICODET_BINS, dtype=np.float32)
                near = np.abs(bins[None, :] - np.array(sides, dtype=np.float32)[:, None])
                distances[cell] += np.float32(8) - np.float32(8) * near
        arrays[f"scores_{level}"] = scores
        arrays[f"distances_{level}"] = distances.reshape(cells, 4 * PICODET_BINS)
    return arrays
