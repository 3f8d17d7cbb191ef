"""Makes a file of tests/golden/postprocess from a live reference: make_goldens.py paddlex|rapid_layout|transformers

Run by `scripts/parity goldens`, in the environment of that reference. Kept are cases whose answer is one, however ties come out.
"""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import sys
from collections.abc import Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "postprocess"))

import goldens
from generate import Seeded, paddle_case, picodet_case, transformers_case
from replay import Region
from structured import all_cases
from ties import picodet_ways, ways

# Of the structured cases every so manieth of those that are many.
EVERY = {
    "one_mask": 4,
    "filtered_overlaps": 2,
    "containment": 2,
    "large_images": 2,
    "masks_side_by_side": 3,
    "masks_near_limits": 5,
    "defaults": 2,
    "nothing": 4,
}
LARGEST = 20_000  # bytes of a case and its answer


def same(first: list[Region], second: list[Region]) -> bool:
    """Scores apart: to move ties apart they were changed in their last digits."""
    plain = [[dataclasses.replace(region, score=0) for region in answer] for answer in (first, second)]
    return plain[0] == plain[1]


def paddlex() -> Iterator[goldens.Golden]:
    from paddlex_oracle import PaddleX, ReferenceFailed

    reference = PaddleX()
    named = []
    for kind, cases in itertools.groupby(all_cases(), lambda named: named[0].split(":")[0]):
        if kind != "full":
            named += itertools.islice(cases, 0, None, EVERY.get(kind, 1))
    for seed in range(60):
        named.append((f"rows: seed {seed}", paddle_case(Seeded(seed), "pp-doclayoutv2", least=8)))
        if seed % 3 == 0:
            named.append((f"older models: seed {seed}", paddle_case(Seeded(seed), "pp-doclayout", least=8)))
        named.append((f"masks: seed {seed}", paddle_case(Seeded(seed), "pp-doclayoutv3", masks=True, least=6, most=12)))
    for name, case in named:
        arrays = case.arrays()
        try:
            answers = [reference.regions(case, {**arrays, "boxes": boxes}) for boxes in ways(case, arrays["boxes"])]
        except ReferenceFailed:
            continue
        if all(same(answers[0], answer) for answer in answers):
            yield goldens.Golden(name, case, answers[0])


def rapid_layout() -> Iterator[goldens.Golden]:
    import rapid_layout_oracle

    for seed in range(60):
        case = picodet_case(Seeded(seed), least=10, most=30)
        ways = list(picodet_ways(case, case.arrays()))
        if len(ways) == 1:
            yield goldens.Golden(f"cells: seed {seed}", case, rapid_layout_oracle.regions(case, ways[0]))


def transformers() -> Iterator[goldens.Golden]:
    from paddlex_oracle import ReferenceFailed
    from transformers_oracle import Transformers

    reference = Transformers()
    for seed in range(70):
        case = transformers_case(Seeded(seed), least=8, most=14)
        outputs = reference.outputs(case, case.arrays())
        try:
            answers = [reference.regions(case, {**outputs, "boxes": boxes}) for boxes in ways(case, outputs["boxes"])]
        except ReferenceFailed:
            continue
        if all(same(answers[0], answer) for answer in answers):
            yield goldens.Golden(f"queries: seed {seed}", case, answers[0])


def main(name: str) -> None:
    path = goldens.FOLDER / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = [
        golden for golden in {"paddlex": paddlex, "rapid_layout": rapid_layout, "transformers": transformers}[name]()
    ]
    kept = [golden for golden in kept if len(str(golden.case)) + 200 * len(golden.regions) < LARGEST]
    goldens.write(path, kept)
    regions = sum(len(golden.regions) for golden in kept)
    print(f"{path}: {len(kept)} cases, {regions} regions, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
