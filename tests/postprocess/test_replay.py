"""What cases are made of is the same everywhere, and the comparison finds what differs."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest
from cases import Case
from generate import SHAPES, Seeded, mask_for, paddle_case, picodet_case, transformers_case
from painting import paint
from replay import Region, differences, set_differences

TEXT = Region("text", 22, 0.9, (10, 20, 110, 60), ((10, 20), (110, 25), (110, 60), (12, 60)), 1)
TABLE = Region("table", 21, 0.8, (10, 100, 110, 160), None, None)


def changed(**values) -> Region:
    return dataclasses.replace(TEXT, **values)


def with_corners(region: Region) -> Region:
    x1, y1, x2, y2 = region.box
    return dataclasses.replace(region, polygon=((x1, y1), (x2, y1), (x2, y2), (x1, y2)))


def test_equal_answers_do_not_differ():
    assert not list(differences([TEXT, TABLE], [TEXT, with_corners(TABLE)]))


def test_printed_decimals_are_no_difference():
    polygon = ((10.4, 20), (110, 25), (110, 59.6), (12, 60))

    assert not list(differences([TEXT], [changed(score=0.90004, polygon=polygon)]))


@pytest.mark.parametrize(
    "ours, complaint",
    [
        ([], "1 regions expected, 0 given"),
        ([TEXT, TEXT], "1 regions expected, 2 given"),
        ([changed(label_id=21)], "region 0: label text (21)"),
        ([changed(score=0.9002)], "region 0: score 0.9002"),
        ([changed(score=float("nan"))], "region 0: score nan"),
        ([changed(order=2)], "region 0: order 2"),
        ([changed(order=None)], "region 0: order None"),
        ([changed(box=(10, 20, 111, 60))], "region 0: box (10, 20, 111, 60)"),
        ([changed(polygon=TEXT.polygon[:3])], "region 0: polygon of 3 points, 4 expected"),
        ([changed(polygon=(*TEXT.polygon[:3], (12, 61)))], "region 0: polygon off by 1.00 px"),
        ([changed(polygon=(*TEXT.polygon[1:], TEXT.polygon[0]))], "region 0: polygon off by 100.00 px"),
    ],
)
def test_each_kind_of_difference_is_told(ours, complaint):
    assert [line for line in differences([TEXT], ours) if line.startswith(complaint)]


def test_another_order_is_a_difference_in_lists_and_none_in_sets():
    ours = [with_corners(TABLE), TEXT]

    assert list(differences([TEXT, TABLE], ours))
    assert not set_differences([TEXT, TABLE], ours)


def test_twins_are_counted():
    assert set_differences([TEXT], [TEXT, TEXT]) == [f"not in the reference: {TEXT}"]


def test_a_case_survives_its_json():
    for seed in range(20):
        for case in (paddle_case(Seeded(seed), "pp-doclayoutv3", masks=True), transformers_case(Seeded(seed))):
            again = Case.from_json(case.to_json())

            assert str(again) == str(case)
            for name, array in case.arrays().items():
                assert np.array_equal(array, again.arrays()[name])


def test_polygons_hold_the_pixels_whose_centre_is_inside():
    ring = {"parts": [["+", [[8, 8], [40, 8], [40, 40], [8, 40]]], ["-", [[16, 16], [32, 16], [32, 32], [16, 32]]]]}

    assert paint(ring, 6).tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 0],
        [0, 1, 0, 0, 1, 0],
        [0, 1, 0, 0, 1, 0],
        [0, 1, 1, 1, 1, 0],
        [0, 0, 0, 0, 0, 0],
    ]


def test_every_machine_makes_the_same_arrays():
    """The goldens keep recipes, not arrays: a recipe that made other pixels would compare another case."""
    digest = hashlib.sha256()
    for seed in range(len(SHAPES)):
        for case in (
            paddle_case(Seeded(seed), "pp-doclayoutv3", masks=True),
            transformers_case(Seeded(seed), most=3),
            picodet_case(Seeded(seed), most=10),
        ):
            for name, array in case.arrays().items():
                digest.update(name.encode() + array.astype("<f4").tobytes())
    mask = mask_for(Seeded(1), (0, 0, 50, 50), (100, 100))
    digest.update(paint(mask, 200).tobytes())

    assert digest.hexdigest() == "7cd78b979cda00805f80f1ddde271b4cfcba9ccfaa882702ad58e4dfddc01039"
