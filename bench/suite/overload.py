"""Good answers a second when more is asked for than can be done."""

from dataclasses import dataclass
from statistics import mean, stdev

from .context import Context
from .load import run_wrk
from .machine import Machine
from .memory import MEGABYTE, PeakSampler
from .open_loop import milliseconds, run_bench, told
from .processes import Service, doclayout, peer
from .report import Report, say

DEADLINE_S = 2
FACTORS = (1, 10)


@dataclass(frozen=True)
class Step:
    offered: float
    good: float
    p50: float | None
    p99: float | None
    refused: float
    refusal_p99: float | None
    more_bytes: int
    generator: float
    """Processors that the load generator takes, of those that the service would have without it."""


def measure(context: Context, machine: Machine, report: Report) -> None:
    with doclayout(context) as service:
        # The machine changes its pace: each time of too much is compared with those of just enough before and after it.
        steps = _measure(context, service, FACTORS * context.rounds + FACTORS[:1])
    own = {factor: steps[index :: len(FACTORS)] for index, factor in enumerate(FACTORS)}
    rows = _rows("doclayout", own)
    if context.with_peer:
        with peer() as service:
            rows += _rows("peer", {factor: [step] for factor, step in zip(FACTORS, _measure(context, service, FACTORS))})
    report.section(
        "Overload",
        f"Pages that come at random (Poisson) for {context.overload_seconds:g} s, {' and '.join(map(str, FACTORS))} times as many "
        f"as 8 callers in a closed loop get answered, in turn; one time each for the peer. Good is an answer within {DEADLINE_S} s: "
        f"the service is told (`timeout_ms={DEADLINE_S * 1000}`), the caller leaves then. Latency in milliseconds, of good answers "
        "from when they were due, of refusals from when they were sent. Generator: processors that the load itself takes, of the "
        f"{machine.processors} that there are.",
    )
    report.table(["", "offered/s", "good/s", "p50", "p99", "refused/s", "refusal p99", "MB more", "generator"], rows)
    enough, much = own[1], own[10]
    ratios = [step.good / ((before.good + after.good) / 2) for before, step, after in zip(enough, much, enough[1:])]
    if len(ratios) > 1:
        error = stdev(ratios) / len(ratios) ** 0.5
        report.remark(f"Good answers at 10 × ÷ at 1 ×: {mean(ratios):.3f} ± {error:.3f} (standard error).")
    report.at_least("good answers at 10 × ÷ at 1 ×", mean(ratios), 0.95, "×")
    report.under("p99 of good answers at 10 ×", _most(much, "p99"), DEADLINE_S * 1e3, "ms")
    report.under("p99 of refusals at 10 ×", _most(much, "refusal_p99"), 5, "ms")
    report.under("memory more at 10 ×", _most(much, "more_bytes") / MEGABYTE, 100, "MB")


def _measure(context: Context, service: Service, factors: tuple[int, ...]) -> list[Step]:
    capacity = run_wrk(service, context.page, 8, min(10, context.seconds)).pages_per_second
    say(f"overload: {service.name} holds about {capacity:.1f} pages/s")
    return [_step(context, service, factor, capacity) for factor in factors]


def _step(context: Context, service: Service, factor: int, capacity: float) -> Step:
    options = ["--body", "multipart", "--rate", f"{capacity * factor:.2f}", "--duration", f"{context.overload_seconds:g}"]
    options += ["--warm-up", "3", "--timeout", f"{DEADLINE_S}"]
    if service.name == "doclayout":
        options += ["--query", f"timeout_ms={DEADLINE_S * 1000}"]
    service.wait_until_quiet()
    before = service.resident_bytes()
    with PeakSampler(service) as sampler:
        (told_step,) = run_bench(context, service, *options)
    step = Step(
        offered=told_step["offered_per_s"],
        good=told_step["ok_per_s"],
        p50=milliseconds(told_step["latency_s"], "p50"),
        p99=milliseconds(told_step["latency_s"], "p99"),
        refused=told_step["outcomes"].get("refused", 0) / told_step["duration_s"],
        refusal_p99=milliseconds(told_step["refusal_latency_from_send_s"], "p99"),
        more_bytes=sampler.peak - before,
        generator=told_step["generator"]["processors"],
    )
    say(f"  {factor} ×: {step.good:.2f} good/s, p99 {told(step.p99)} ms, refusals p99 {told(step.refusal_p99, 2)} ms")
    return step


def _rows(name: str, steps_of: dict[int, list[Step]]) -> list[list[str]]:
    """Rates are means of the times, percentiles the worst of them."""
    return [
        [
            f"{name}, {factor} ×",
            f"{mean(step.offered for step in steps):.1f}",
            f"{mean(step.good for step in steps):.2f}",
            told(_most(steps, "p50")),
            told(_most(steps, "p99")),
            f"{mean(step.refused for step in steps):.1f}",
            told(_most(steps, "refusal_p99"), 2),
            f"{_most(steps, 'more_bytes') / MEGABYTE:.1f}",
            f"{mean(step.generator for step in steps):.3f}",
        ]
        for factor, steps in steps_of.items()
    ]


def _most(steps: list[Step], field: str) -> float | None:
    return max((value for step in steps if (value := getattr(step, field)) is not None), default=None)
