"""What paddlex 3.7.2 makes of the outputs of a case."""

from __future__ import annotations

import warnings

import numpy as np
import paddlex_modules
from cases import MASK_SIZE, V3_LABELS, Case
from replay import Region

INPUT_SIDE = 4 * MASK_SIZE


class ReferenceFailed(Exception):
    """The reference itself raised: there is no answer to compare with."""


class PaddleX:
    def __init__(self) -> None:
        self.detection, self.layout = paddlex_modules.load()

    def regions(self, case: Case, arrays: dict[str, np.ndarray]) -> list[Region]:
        """What `LayoutAnalysisProcess` answers for a page with these outputs; for the older models, `DetPostProcess`."""
        outputs = {name: array.copy() for name, array in arrays.items()}  # It rounds boxes in place.
        if case.family == "pp-doclayout":
            return self._detections(case, outputs)
        return self.regions_of(case, outputs)

    def regions_of(self, case: Case, outputs: dict) -> list[Region]:
        process = self.layout.LayoutAnalysisProcess(labels=_labels(case), scale_size=[INPUT_SIDE, INPUT_SIDE])
        more = {"layout_shape_mode": case.options.shape, "filter_overlap_boxes": case.options.overlap_filter}
        return [_region(box) for box in self._run(process, case, outputs, more)]

    def _detections(self, case: Case, outputs: dict) -> list[Region]:
        process = self.detection.DetPostProcess(labels=_labels(case))
        return [_region(box) for box in self._run(process, case, outputs, {})]

    @staticmethod
    def _run(process, case: Case, outputs: dict, more: dict) -> list[dict]:
        options = case.options
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                (boxes,) = process(
                    [outputs],
                    [{"ori_img_size": (case.width, case.height)}],
                    threshold=options.threshold,
                    layout_nms=options.nms,
                    layout_unclip_ratio=options.unclip,
                    layout_merge_bboxes_mode=options.merge,
                    **more,
                )
        except Exception as error:
            # Slips of its own: ZeroDivisionError, IndexError, GEOS's. Where nothing comes in, nothing has to come out.
            if len(outputs["boxes"]) == 0:
                return []
            raise ReferenceFailed(f"{type(error).__name__}: {error}") from error
        return boxes


def _labels(case: Case) -> list[str]:
    return list(case.labels or V3_LABELS)


def _region(box: dict) -> Region:
    polygon = box.get("polygon_points")
    if polygon is not None:
        polygon = tuple((float(x), float(y)) for x, y in polygon)
    corners = tuple(map(float, box["coordinate"]))
    return Region(box["label"], box["cls_id"], box["score"], corners, polygon, box.get("order"))
