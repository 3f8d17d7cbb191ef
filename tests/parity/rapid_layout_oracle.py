"""rapid-layout 1.2.1's post-processing of PicoDet, fed with outputs instead of a page."""

from __future__ import annotations

import numpy as np
from cases import CDLA_LABELS, PICODET_INPUT, PICODET_STRIDES, Case
from rapid_layout.model_handler.pp.post_process import PPPostProcess
from replay import Region

LEVELS = range(len(PICODET_STRIDES))


def regions(case: Case, arrays: dict[str, np.ndarray]) -> list[Region]:
    """In the reference's order, which is by label."""
    process = PPPostProcess(list(CDLA_LABELS), conf_thres=case.options.threshold, iou_thres=0.5)
    outputs = [arrays[f"{kind}_{level}"][None] for kind in ("scores", "distances") for level in LEVELS]
    width, height = PICODET_INPUT
    page = np.zeros((1, 3, height, width), dtype=np.float32)
    boxes, scores, labels = process((case.height, case.width), page, outputs)
    found = zip(labels, scores, boxes, strict=True)
    return [Region(label, CDLA_LABELS.index(label), score, tuple(box)) for label, score, box in found]
