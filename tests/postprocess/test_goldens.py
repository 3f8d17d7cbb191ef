"""The program answers recorded outputs as the references did when the goldens were made: parity without installing them.

`scripts/parity goldens` makes them again. The live proof is in tests/parity.
"""

from __future__ import annotations

import goldens
import pytest
from cases import PICODET
from replay import differences, replays, set_differences

WITHOUT_ORDER = (PICODET, "pp-doclayout")
AT_LEAST = {"paddlex.jsonl": 300, "rapid_layout.jsonl": 40, "transformers.jsonl": 40}


@pytest.mark.parametrize("name", AT_LEAST)
def test_answers_as_the_reference_did(name, binary):
    kept = list(goldens.read(goldens.FOLDER / name))
    failed = []
    for golden, run in zip(kept, replays(binary, (golden.case for golden in kept)), strict=True):
        compare = set_differences if golden.case.family in WITHOUT_ORDER else differences
        found = list(compare(golden.regions, run.regions()))
        if found:
            failed.append(f"{golden.name}\n    {golden.case}\n    " + "\n    ".join(found))

    assert not failed, f"{len(failed)} of {len(kept)} cases differ\n  " + "\n  ".join(failed[:10])
    assert len(kept) >= AT_LEAST[name]


@pytest.mark.parametrize("name", AT_LEAST)
def test_there_is_something_to_compare(name):
    kept = list(goldens.read(goldens.FOLDER / name))

    assert sum(len(golden.regions) for golden in kept) >= 3 * len(kept)
