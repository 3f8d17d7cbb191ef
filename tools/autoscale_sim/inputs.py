"""Files and values from outside: whatever cannot be used ends in an `InputError`, which says what is wrong and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MOST_PODS = 150_000  # of a cluster, as Kubernetes is tested
MOST = 1e15  # of any other number: thousandths of it are still exact, and nothing overflows


class InputError(ValueError):
    """One sentence: what is wrong, and what is allowed."""


def read_document(path: Path, parse: Callable[[str], Any] = yaml.safe_load) -> Given:
    """YAML, JSON included, unless `parse` reads something else; at its top is a mapping."""
    kind = "YAML or JSON" if parse is yaml.safe_load else "JSON"
    try:
        document = parse(path.read_text())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} has to be {kind}, and cannot be read as such: {reason}") from None
    given = Given(document, str(path), ": ")
    given.mapping()
    return given


def no_such(what: str, name: str, names: Iterable[str]) -> InputError:
    return InputError(f"there is no {what} '{name}'; there are {', '.join(names)}")


def number(value: Any, where: str, least: float = 0.0, most: float = MOST) -> float:
    """Of a number or, as in CSV and command lines, of text."""
    try:
        result = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if not least <= result <= most:
        raise InputError(f"{where} is {value!r}, and has to be a number from {least:g} to {most:g}")
    return result


def integer(value: Any, where: str, least: int = 0, most: int = 2**31 - 1) -> int:
    try:
        result = None if isinstance(value, bool) else int(value)
        exact = result is not None and (isinstance(value, str) or result == value) and least <= result <= most
    except (TypeError, ValueError, OverflowError):
        exact = False
    if not exact:
        raise InputError(f"{where} is {value!r}, and has to be a whole number from {least} to {most}")
    return int(value)


@dataclass(frozen=True)
class Given:
    """A part of a document, and where it stands in it. Each method is for one kind of value, and refuses others; what is not
    there, or null, is `default`, and refused where there is none."""

    value: Any
    where: str
    separator: str = "."  # between it and the names in it

    def __contains__(self, name: str) -> bool:
        return self.get(name).value is not None

    def get(self, name: str) -> Given:
        return Given(self._as(dict, "a mapping").get(name), f"{self.where}{self.separator}{name}")

    def mapping(self, default: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(self._or(default)._as(dict, "a mapping"))

    def entries(self, default: dict[str, Any] | None = None) -> dict[str, Given]:
        values = self.mapping(default)
        return {str(name): Given(value, f"{self.where}{self.separator}{name}") for name, value in values.items()}

    def items(self, least: int = 1, default: list[Any] | None = None) -> list[Given]:
        values = self._or(default)._as(list, "a list")
        if len(values) < least:
            raise InputError(f"{self.where} has {len(values)} entries, and has to have at least {least}")
        return [Given(value, f"{self.where}[{index}]") for index, value in enumerate(values)]

    def text(self, *allowed: str, default: str | None = None) -> str:
        result: str = self._or(default)._as(str, "text")
        if allowed and result not in allowed:
            raise InputError(f"{self.where} is {result!r}, and has to be one of: {', '.join(allowed)}")
        return result

    def flag(self, default: bool | None = None) -> bool:
        return bool(self._or(default)._as(bool, "true or false"))

    def number(self, least: float = 0.0, most: float = MOST, default: float | None = None) -> float:
        value = self._or(default).value
        return number(None if isinstance(value, str) else value, self.where, least, most)

    def integer(self, least: int = 0, most: int = 2**31 - 1, default: int | None = None) -> int:
        value = self._or(default).value
        return integer(None if isinstance(value, str) else value, self.where, least, most)

    def pair(self) -> tuple[float, float]:
        """[least, most]; a number is both."""
        if not isinstance(self.value, list):
            return (self.number(), self.number())
        bounds = [each.number() for each in self.items()]
        if len(bounds) != 2 or bounds[0] > bounds[1]:
            raise InputError(f"{self.where} is {self.value!r}, and has to be a number or two that do not fall")
        return (bounds[0], bounds[1])

    def _or(self, default: Any) -> Given:
        return self if self.value is not None else Given(default, self.where)

    def _as(self, kind: type, name: str) -> Any:
        if self.value is None:
            raise InputError(f"{self.where} is missing, and has to be {name}")
        if not isinstance(self.value, kind):
            raise InputError(f"{self.where} is {self.value!r:.60}, and has to be {name}")
        return self.value
