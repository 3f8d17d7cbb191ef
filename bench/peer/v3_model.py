"""PP-DocLayoutV3 as one would run it in Python: ONNX Runtime, and the post-processing of paddlex."""

import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/parity"))

import paddlex_modules  # noqa: E402  (the path comes first)

SIDE = 800
LABELS = """abstract algorithm aside_text chart content display_formula doc_title figure_title footer footer_image footnote
formula_number header header_image image inline_formula number paragraph_title reference reference_content seal table text
vertical_text vision_footnote""".split()
MERGE = {label: "large" if label in (3, 5, 6, 15, 17) else "union" for label in range(len(LABELS))}


def make_post_processing():
    """A function of the outputs and the page's (width, height) with the settings of the reference's pipeline."""
    _, layout = paddlex_modules.load()
    process = layout.LayoutAnalysisProcess(labels=LABELS, scale_size=[SIDE, SIDE])

    def run(boxes: np.ndarray, masks: np.ndarray, size: tuple[int, int]) -> list[dict]:
        (found,) = process(
            [{"boxes": boxes, "masks": masks}],
            [{"ori_img_size": size}],
            threshold=0.3,
            layout_nms=True,
            layout_merge_bboxes_mode=MERGE,
            layout_shape_mode="auto",
            filter_overlap_boxes=True,
        )
        return list(found)

    return run


class V3Model:
    def __init__(self, path: str) -> None:
        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self._post_process = make_post_processing()

    def __call__(self, image: np.ndarray) -> list[dict]:
        height, width = image.shape[:2]
        pixels = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)[:, :, ::-1]
        inputs = {
            "im_shape": np.float32([[SIDE, SIDE]]),
            "image": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32) / 255,
            "scale_factor": np.float32([[SIDE / height, SIDE / width]]),
        }
        boxes, count, masks = self._session.run(None, inputs)
        regions = self._post_process(boxes[: count[0]], masks[: count[0]], (width, height))
        return [
            {
                "bbox": region["coordinate"],
                "label": region["label"],
                "score": region["score"],
                "order": region["order"],
                "polygon": np.asarray(region["polygon_points"]).tolist(),
            }
            for region in regions
        ]
