"""The parity proof of post-processing: the program answers recorded outputs as paddlex 3.7.2 answers them, here and now."""

from __future__ import annotations

import dataclasses

import pytest
from cases import Case
from chance import cases, examples
from generate import paddle_case
from hypothesis import given
from paddlex_oracle import PaddleX, ReferenceFailed
from replay import Replay, differences, replays, set_differences
from structured import all_cases
from ties import ways

STRUCTURED = list(all_cases())


@pytest.fixture(scope="module")
def paddlex() -> PaddleX:
    return PaddleX()


@dataclasses.dataclass
class Tally:
    """What became of the cases, so that a run which compares nothing does not pass."""

    compared: int = 0
    with_regions: int = 0
    reference_failed: int = 0


def compare(paddlex: PaddleX, case: Case, run: Replay, tally: Tally) -> list[str]:
    """What differs. Where the reference raises there is nothing to compare: the program has to give an answer all the same."""
    arrays = run.arrays
    # Without order columns the reference gives no reading order.
    compare_lists = set_differences if case.columns == 6 else differences
    best = None
    try:
        expected = None
        for boxes in ways(case, arrays["boxes"]):
            expected = paddlex.regions(case, {**arrays, "boxes": boxes})
            found = list(compare_lists(expected, run.regions()))
            if best is None or len(found) < len(best):
                best = found
            if not found:
                break
    except ReferenceFailed:
        if best is None:
            run.regions()
            tally.reference_failed += 1
            return []
    tally.compared += 1
    tally.with_regions += bool(expected)
    return best


def hypothesis_cases(paddlex, binary, tally, count, family, **options):
    """The inner function of a test: Hypothesis calls it `count` times, and shrinks what fails."""

    @examples(count)
    @given(cases(paddle_case, family, **options))
    def check(case):
        run = Replay(binary, case)
        found = compare(paddlex, case, run, tally)
        assert not found, f"{case}\n  " + "\n  ".join(found)

    check()


@pytest.mark.parametrize("family", ["pp-doclayoutv2", "pp-doclayoutv3"])
def test_rows(family, paddlex, binary):
    tally = Tally()
    hypothesis_cases(paddlex, binary, tally, 400, family)
    assert tally.compared >= 390
    assert tally.with_regions >= 200


def test_rows_without_order(paddlex, binary):
    tally = Tally()
    hypothesis_cases(paddlex, binary, tally, 100, "pp-doclayoutv3", columns=6)
    assert tally.compared >= 90
    assert tally.with_regions >= 30


def test_masks(paddlex, binary):
    tally = Tally()
    hypothesis_cases(paddlex, binary, tally, 700, "pp-doclayoutv3", masks=True)
    assert tally.compared >= 600
    assert tally.with_regions >= 350


def test_older_models(paddlex, binary):
    """Without order, masks and overlap filter: `DetPostProcess`, which leaves the boxes their decimals."""
    tally = Tally()
    hypothesis_cases(paddlex, binary, tally, 250, "pp-doclayout")
    assert tally.compared >= 240
    assert tally.with_regions >= 125


@pytest.mark.parametrize("family", ["pp-doclayout", "pp-doclayoutv2", "pp-doclayoutv3"])
def test_ties(family, paddlex, binary):
    """Equal scores, equal orders and equal rows: any of the reference's answers."""
    tally = Tally()
    hypothesis_cases(paddlex, binary, tally, 120, family, ties=True)
    assert tally.compared >= 110


def test_structured(paddlex, binary):
    tally = Tally()
    failed = []
    for (name, case), run in zip(STRUCTURED, replays(binary, (case for _, case in STRUCTURED)), strict=True):
        found = compare(paddlex, case, run, tally)
        if found:
            failed.append(f"{name}\n    {case}\n    " + "\n    ".join(found))

    assert not failed, f"{len(failed)} of {len(STRUCTURED)} cases differ\n  " + "\n  ".join(failed[:10])
    assert tally.compared >= 800
    assert tally.reference_failed <= 5
