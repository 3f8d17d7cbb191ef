"""transformers 5.23's post-processing of its own export, and what paddlex makes of it, both as they were installed."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import types

import numpy as np
import torch
from cases import V3_LABELS, Case
from paddlex_oracle import PaddleX
from replay import Region
from transformers import PPDocLayoutV3ImageProcessor

assert importlib.metadata.version("transformers").startswith("5.23."), "parity is with transformers 5.23"


class Transformers:
    def __init__(self) -> None:
        self._processor = PPDocLayoutV3ImageProcessor()
        self._paddlex = PaddleX()

    def detections(self, case: Case, arrays: dict[str, np.ndarray], threshold: float) -> dict:
        """`post_process_object_detection` for a batch of one page, as arrays."""
        outputs = types.SimpleNamespace(**{name: torch.from_numpy(array[None]) for name, array in arrays.items()})
        (found,) = self._processor.post_process_object_detection(
            outputs, threshold=threshold, target_sizes=[(case.height, case.width)]
        )
        return {name: np.asarray(value) if name != "polygon_points" else value for name, value in found.items()}

    def outputs(self, case: Case, arrays: dict[str, np.ndarray]) -> dict:
        """What paddlex hands to its own post-processing (`LayoutAnalysisTransformersPredictor.process`): the detections in
        one array of class, score, box and order, and the polygons beside it.
        """
        threshold = case.options.threshold
        if isinstance(threshold, dict):
            # It then asks for all rows with a threshold of 0, and by that fills every mask. The program fills them above the
            # threshold for all classes, so the reference is given masks that say the same at 0 as they did at 0.5.
            masks = arrays["out_masks"]
            arrays = {**arrays, "out_masks": np.where(masks > 0, masks, -np.inf).astype(np.float32)}
            threshold = 0.0
        found = self.detections(case, arrays, threshold)
        columns = [found["labels"][:, None], found["scores"][:, None], found["boxes"], found["order_seq"][:, None]]
        boxes = np.concatenate([column.astype(np.float32) for column in columns], axis=1)
        return {"boxes": boxes, "polygon_points": [np.asarray(points) for points in found["polygon_points"]]}

    def regions(self, case: Case, outputs: dict) -> list[Region]:
        """The second stage. With one merge mode for all it forgets to take away the polygons of the boxes that it takes away,
        and so mixes them up; "large" for each class means the same, and there it does not.
        """
        options = case.options
        if options.merge == "large":
            case = dataclasses.replace(
                case, options=dataclasses.replace(options, merge=dict.fromkeys(range(len(V3_LABELS)), "large"))
            )
        assert options.merge != "small" or options.shape == "rect", "the reference mixes up the polygons"
        return self._paddlex.regions_of(case, {name: value.copy() for name, value in outputs.items()})
