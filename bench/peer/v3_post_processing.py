"""Times the reference's post-processing of the page that bench/detections_subject.cc makes; prints one JSON line."""

import json
import math
import time
from statistics import median

import numpy as np
from v3_model import LABELS, make_post_processing

WIDTH, HEIGHT = 1654, 2339
ROWS, LEFT, SIDE = 300, 60, 200


def make() -> tuple[np.ndarray, np.ndarray]:
    """The same rows and masks, number by number."""
    boxes = np.zeros((ROWS, 7), np.float32)
    masks = np.zeros((ROWS, SIDE, SIDE), np.int32)
    for row in range(ROWS):
        place, shift = row % LEFT, row // LEFT
        x, y = 60 + 520 * (place % 3) + shift, 60 + 112 * (place // 3) + shift
        boxes[row] = (LABELS.index("text"), 0.95 - 0.1 * shift, x, y, x + 490, y + 100, row)
        x1, y1, x2, y2 = x / WIDTH * SIDE, y / HEIGHT * SIDE, (x + 490) / WIDTH * SIDE, (y + 100) / HEIGHT * SIDE
        for column in range(int(x1), math.ceil(x2)):
            sag = 3 * (column - x1) / (x2 - x1)
            masks[row, max(0, int(y1 + sag)) : math.ceil(y2 + sag - 3), column] = 1
    return boxes, masks


def main() -> None:
    boxes, masks = make()
    run = make_post_processing()
    times = []
    for _ in range(20):
        fresh = boxes.copy()  # It rounds them in place.
        start = time.perf_counter()
        regions = run(fresh, masks, (WIDTH, HEIGHT))
        times.append((time.perf_counter() - start) * 1e3)
    assert len(regions) == LEFT, f"{len(regions)} regions are left, not {LEFT}"
    print(json.dumps({"milliseconds": median(times)}))


if __name__ == "__main__":
    main()
