"""The machine: figures mean nothing without it, and two of the bars depend on it."""

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")


@dataclass(frozen=True)
class Machine:
    model: str
    vendor: str
    family: int
    flags: frozenset[str]
    processors: int
    memory_gb: float

    @property
    def has_avx512(self) -> bool:
        return "avx512f" in self.flags

    @property
    def is_zen5(self) -> bool:
        return self.vendor == "AuthenticAMD" and self.family == 26

    def describe(self) -> str:
        flags = " ".join(flag for flag in FLAGS if flag in self.flags) or "no AVX2"
        return (
            f"{self.model} (family {self.family}), {self.processors} processors, {flags}; {self.memory_gb:.0f} GB; "
            f"Linux {platform.release()}"
        )


def this_machine() -> Machine:
    fields: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        model=fields.get("model name", "unknown processor"),
        vendor=fields.get("vendor_id", ""),
        family=int(fields.get("cpu family", "0")),
        flags=frozenset(fields.get("flags", "").split()),
        processors=len(os.sched_getaffinity(0)),
        memory_gb=memory / 1e9,
    )


def busy_processors(seconds: float = 2) -> float:
    """How many processors are at work now: other programs' work makes every figure worse or meaningless."""

    def ticks() -> tuple[int, int]:
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]  # all of it; idle and waiting for disks

    all_before, idle_before = ticks()
    time.sleep(seconds)
    all_after, idle_after = ticks()
    spent = all_after - all_before
    return (1 - (idle_after - idle_before) / spent) * (os.cpu_count() or 1) if spent else 0
