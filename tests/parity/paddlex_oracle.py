"""paddlex 3.7.2's post-processing, run as it was installed, without the rest of paddlex.

Its modules import theirs by relative names, and those bring in a framework, an image reader, progress bars. Stand-ins under
the same names are put into `sys.modules` first, so that only the two files with the post-processing are executed.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pathlib
import sys
import types
import warnings

import numpy as np
from cases import MASK_SIZE, V3_LABELS, Case
from replay import Region

VERSION = "3.7.2"
INPUT_SIDE = 4 * MASK_SIZE


class ReferenceFailed(Exception):
    """The reference itself raised: there is no answer to compare with."""


def _stand_in(name: str, path: pathlib.Path | None = None, **members) -> None:
    module = types.ModuleType(name)
    if path is not None:
        module.__path__ = [str(path)]
    vars(module).update(members)
    sys.modules[name] = module


def _unchanged(*_args, **_options):
    """A decorator, with or without arguments, that leaves what it decorates alone."""
    if len(_args) == 1 and not _options and isinstance(_args[0], type):
        return _args[0]
    return lambda decorated: decorated


def load():
    """The modules `object_detection.processors` and `layout_analysis.processors`."""
    found = importlib.metadata.version("paddlex")
    assert found == VERSION, f"paddlex {found} is installed, parity is with {VERSION}"
    home = pathlib.Path(importlib.util.find_spec("paddlex").origin).parent
    models = home / "inference" / "models"
    _stand_in("paddlex", home)
    _stand_in("paddlex.utils", home / "utils", logging=types.SimpleNamespace(warning=lambda *_: None))
    _stand_in(
        "paddlex.utils.deps",
        class_requires_deps=_unchanged,
        function_requires_deps=_unchanged,
        is_dep_available=lambda _name: True,
    )
    _stand_in("paddlex.inference", home / "inference")
    _stand_in("paddlex.inference.utils", home / "inference" / "utils")
    benchmark = types.SimpleNamespace(timeit=_unchanged, timeit_with_options=_unchanged)
    _stand_in("paddlex.inference.utils.benchmark", benchmark=benchmark)
    _stand_in("paddlex.inference.common", home / "inference" / "common")
    _stand_in("paddlex.inference.common.reader", ReadImage=object)
    _stand_in("paddlex.inference.models", models)
    _stand_in("paddlex.inference.models.common", Normalize=object, Resize=object)
    for part in ("object_detection", "layout_analysis"):
        _stand_in(f"paddlex.inference.models.{part}", models / part)
    # Imported by the second one, which is why both run under their own names.
    detection = importlib.import_module("paddlex.inference.models.object_detection.processors")
    return detection, importlib.import_module("paddlex.inference.models.layout_analysis.processors")


class PaddleX:
    def __init__(self) -> None:
        self.detection, self.layout = load()

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
