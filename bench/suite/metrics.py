"""What an observation costs, and reading all metrics: bench/metrics_bench.cc."""

from . import google_benchmark
from .context import Context
from .machine import Machine
from .report import Report, say

ONE, TWO = "/threads:1", "/threads:2"
BAR_NS = 100


def measure(context: Context, machine: Machine, report: Report) -> None:
    say("metrics")
    result = google_benchmark.run(context, "bench/doclayout_metrics_bench")
    nanoseconds = {name: seconds * 1e9 for name, seconds in result.cpu_seconds.items()}

    report.section(
        "Metrics",
        "Nanoseconds of CPU time for one call on one series: one thread, and two that do nothing else.",
    )
    calls = [name.removesuffix(ONE) for name in nanoseconds if name.endswith(ONE)]
    rows = [[call, f"{nanoseconds[call + ONE]:.3g}", f"{nanoseconds[call + TWO]:.3g}"] for call in calls]
    report.table(["call", "1 thread", "2 threads"], rows)
    report.remark("All series of the service as text:")
    expositions = [name for name in nanoseconds if name.startswith("expose/")]
    rows = [[name, f"{nanoseconds[name] / 1e3:.4g}", f"{result.counters[name]['bytes']:.0f}"] for name in expositions]
    report.table(["format", "µs", "bytes"], rows)
    for call in calls:
        report.under(f"{call}, CPU", nanoseconds[call + ONE], BAR_NS, "ns")
    report.under("histogram/observe, two threads, CPU", nanoseconds["histogram/observe" + TWO], BAR_NS, "ns")
