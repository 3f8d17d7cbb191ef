"""The parity proof of PicoDet's post-processing: outputs without a page, through rapid-layout 1.2.1 and through the program."""

from __future__ import annotations

import rapid_layout_oracle
from cases import PICODET, Case, Options
from chance import cases, examples
from generate import Seeded, picodet_case
from hypothesis import given
from replay import Replay, replays, set_differences
from ties import picodet_ways


def compare(case: Case, run: Replay) -> list[str]:
    best = None
    for arrays in picodet_ways(case, run.arrays):
        found = set_differences(rapid_layout_oracle.regions(case, arrays), run.regions())
        if best is None or len(found) < len(best):
            best = found
        if not found:
            break
    return best


def test_cells(binary):
    @examples(400)
    @given(cases(picodet_case))
    def check(case):
        found = compare(case, Replay(binary, case))
        assert not found, f"{case}\n  " + "\n  ".join(found)

    check()


def test_equal_scores(binary):
    @examples(100)
    @given(cases(picodet_case, ties=True))
    def check(case):
        found = compare(case, Replay(binary, case))
        assert not found, f"{case}\n  " + "\n  ".join(found)

    check()


def crowded() -> list[Case]:
    """More cells, candidates and regions than the limits of 1,000, 200 and 100."""
    made = []
    for seed, (background, threshold) in enumerate([(0.9, 0.3), (0.9, 0.8), (0.5, 0.45), (0.35, 0.3), (0.999, 0.95)]):
        cells = {**picodet_case(Seeded(seed), least=60, most=60).cells, "background": background}
        made.append(Case(PICODET, 1240, 1754, Options(threshold=threshold), cells=cells))
    return made


def test_more_than_the_limits(binary):
    made = crowded()
    for case, run in zip(made, replays(binary, made), strict=True):
        found = compare(case, run)
        assert not found, f"{case}\n  " + "\n  ".join(found[:20])
