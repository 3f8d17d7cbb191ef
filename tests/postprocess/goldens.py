"""Cases that are kept with the reference's answers: one a line, `{"name": …, "case": …, "regions": […]}`."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator

from cases import Case
from replay import Region

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "golden" / "postprocess"


@dataclasses.dataclass(frozen=True)
class Golden:
    name: str
    case: Case
    regions: list[Region]


def read(path: pathlib.Path) -> Iterator[Golden]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            regions = [Region.from_json(region) for region in fields["regions"]]
            yield Golden(fields["name"], Case.from_json(fields["case"]), regions)


def write(path: pathlib.Path, goldens: Iterable[Golden]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for golden in goldens:
            regions = [_shorter(region.to_json()) for region in golden.regions]
            fields = {"name": golden.name, "case": golden.case.to_json(), "regions": regions}
            lines.write(json.dumps(fields, separators=(",", ":")) + "\n")


def _shorter(value):
    """Four decimals of a pixel and seven of a score are more than is compared."""
    if isinstance(value, list):
        return [_shorter(item) for item in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 7 if abs(value) <= 1 else 4)
    return value
