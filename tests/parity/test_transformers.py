"""The parity proof for the export of transformers: its outputs become what transformers 5.23 and paddlex 3.7.2 behind it make
of them, here and now. Run by hand (`make parity-transformers`), because the environment takes 6 GB.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from cases import TRANSFORMERS, V3_LABELS, Case, Options
from chance import cases, examples
from generate import Seeded, transformers_case
from hypothesis import given
from paddlex_oracle import ReferenceFailed
from replay import MAX_POLYGON, MAX_PRINTED, MAX_SCORE, Replay, differences, polygon_distance, replays
from ties import ways
from transformers_oracle import Transformers


@pytest.fixture(scope="module")
def reference() -> Transformers:
    return Transformers()


def compare(reference: Transformers, case: Case, run: Replay) -> list[str] | None:
    """What differs; None where the reference raises, and the program has to give an answer all the same."""
    outputs = reference.outputs(case, run.arrays)
    best = None
    for boxes in ways(case, outputs["boxes"]):
        try:
            expected = reference.regions(case, {**outputs, "boxes": boxes})
        except ReferenceFailed:
            continue
        found = list(differences(expected, run.regions()))
        if best is None or len(found) < len(best):
            best = found
        if not found:
            break
    run.regions()
    return best


def test_both_stages(reference, binary):
    compared = []

    @examples(600)
    @given(cases(transformers_case))
    def check(case):
        found = compare(reference, case, Replay(binary, case))
        assert not found, f"{case}\n  " + "\n  ".join(found)
        compared.append(found is not None)

    check()
    assert sum(compared) >= 500


def test_three_hundred_queries(reference, binary):
    """As many as the network has."""
    made = [transformers_case(Seeded(seed), least=300, most=300) for seed in range(4)]

    for case, run in zip(made, replays(binary, made, ahead=1), strict=True):
        found = compare(reference, case, run)
        assert not found, found


def raw_cases() -> list[Case]:
    """Nothing is asked for but what the first stage does. None is called image: one as large as the page would be dropped."""
    options = Options(threshold=0.4, nms=False, merge=None, shape="poly", overlap_filter=False)
    image = V3_LABELS.index("image")
    made = []
    for seed in range(150):
        case = transformers_case(Seeded(1000 + seed))
        found = [[query, label - (label == image), logit] for query, label, logit in case.queries["found"]]
        made.append(dataclasses.replace(case, options=options, queries={**case.queries, "found": found}))
    return made


def test_first_stage_alone(reference, binary):
    """`post_process_object_detection` itself: its boxes have decimals, ours are rounded and end at the page's border."""
    made, compared = raw_cases(), 0
    for case, run in zip(made, replays(binary, made), strict=True):
        found = reference.detections(case, run.arrays, case.options.threshold)
        limits = np.array([case.width, case.height] * 2)
        boxes = np.clip(np.trunc(np.round(found["boxes"])), 0, limits)
        rows = zip(found["labels"], found["scores"], boxes, found["polygon_points"], found["order_seq"])
        # What lies outside of the page is no region.
        expected = [row for row in rows if row[2][2] > row[2][0] and row[2][3] > row[2][1]]
        ours = run.regions()
        assert len(ours) == len(expected), str(case)
        if len({row[4] for row in expected}) < len(expected):
            continue  # Two classes of one query have the same place: theirs is any order, compared in `test_both_stages`.
        for (label, score, box, polygon, _), region in zip(expected, ours):
            assert region.label == V3_LABELS[label], str(case)
            assert abs(region.score - score) <= MAX_SCORE, str(case)
            assert tuple(box) == region.box, str(case)
            if polygon is None:
                continue  # No pixel of the mask is left in a small box: theirs then has no outline, ours has the box.
            distance = polygon_distance([tuple(map(float, point)) for point in polygon], region.polygon)
            assert distance is not None and distance <= MAX_POLYGON + MAX_PRINTED, str(case)
        compared += 1

    assert compared >= 50


def test_equal_votes(binary):
    """Every order is right, as long as all regions come."""
    case = transformers_case(Seeded(7), least=12, most=12)
    queries = {**case.queries, "certainty": 0.0, "found": [[query, 22, 2 + query / 100] for query in range(12)]}
    options = Options(threshold=0.3, nms=False, merge=None, shape="rect", overlap_filter=False)
    corner = [[0.1 + 0.05 * query, 0.5, 0.04, 0.5] for query in range(12)]
    case = Case(TRANSFORMERS, 1000, 1000, options, queries={**queries, "boxes": corner})

    regions = Replay(binary, case).regions()

    assert sorted(region.box[0] for region in regions) == [80 + 50 * query for query in range(12)]
    assert [region.order for region in regions] == list(range(1, 13))
