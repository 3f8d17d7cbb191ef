"""PP-DocLayoutV3: the network with seeded weights, beside the bare engine, the peer and the processor's own limit."""

import contextlib
import dataclasses
import json
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from .bare import find_best, run_bare, run_sgemm
from .context import ROOT, BenchError, Context
from .load import LoadResult, PagePoster, run_wrk
from .machine import Machine
from .processes import Service, doclayout, peer, peer_python
from .report import Report, say

GIGAFLOP_A_PAGE = 191.7
MEGABYTE = 1e6
MEMORY_PAGES = 20


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    with tempfile.TemporaryDirectory(prefix="doclayout-bench-v3-") as folder:
        home = Path(folder)
        subprocess.run([str(context.program("doclayout_v3_model")), str(home)], check=True, stdout=subprocess.DEVNULL)
        model = home / "official.onnx"
        _throughput(context, report, model)
        _memory(context, report, model)
        _start(context, report, model, home / "cache")
        _post_processing(context, report)


def _serving(context: Context, model: Path, *options: str) -> Context:
    return dataclasses.replace(context, serve_options=["--model-path", str(model), *options, *context.serve_options])


def _throughput(context: Context, report: Report, model: Path) -> None:
    # A page takes a second and more: turns have to be longer than a PicoDet's.
    context = dataclasses.replace(context, seconds=2 * context.seconds)
    say("v3: looking for the bare engine's best setting")
    setting = find_best(context, model, context.seconds / 2)
    speeds: dict[str, list[float]] = {"peer": [], "bare engine": [], "doclayout": []}
    gigaflops: list[float] = []
    loads: dict[str, list[LoadResult]] = {"peer": [], "doclayout": []}
    with contextlib.ExitStack() as stack:
        services = [stack.enter_context(doclayout(_serving(context, model)))]
        if context.with_peer:
            services.append(stack.enter_context(peer(model)))

        def bare_turn() -> None:
            gigaflops.append(run_sgemm(context, context.seconds / 8))
            speeds["bare engine"].append(run_bare(context, setting, model).pages_per_second)
            say(f"  product {gigaflops[-1]:.0f} GFLOP/s, bare engine {speeds['bare engine'][-1]:.3f} pages/s")

        def service_turn(service: Service) -> None:
            result = run_wrk(service, context.page, context.connections, context.seconds)
            loads[service.name].append(result)
            speeds[service.name].append(result.pages_per_second)
            say(f"  {service.name}: {result.pages_per_second:.3f} pages/s, {result.errors} errors")

        turns = [bare_turn, *(lambda service=service: service_turn(service) for service in services)]
        for index in range(context.rounds):
            say(f"v3: round {index + 1} of {context.rounds}")
            for turn in turns[index % len(turns) :] + turns[: index % len(turns)]:
                turn()
    _tell_throughput(context, report, setting.setting, {k: v for k, v in speeds.items() if v}, gigaflops, loads)


def _tell_throughput(
    context: Context,
    report: Report,
    setting: str,
    speeds: dict[str, list[float]],
    gigaflops: list[float],
    loads: dict[str, list[LoadResult]],
) -> None:
    report.section(
        "PP-DocLayoutV3",
        f"Pages a second, float32, {context.connections} connections, {context.seconds:g} s a turn; the network with "
        f"seeded weights. Bare engine: {setting}, no decoding, no HTTP, no pruning. Product: 2048 x 2048 x 2048 in "
        "float32 by the same engine.",
    )
    head = ["round", *speeds, "product, GFLOP/s"]
    rows = [
        [str(index + 1), *(f"{speeds[name][index]:.3f}" for name in speeds), f"{gigaflops[index]:.0f}"]
        for index in range(context.rounds)
    ]
    middle = {name: median(values) for name, values in speeds.items()}
    limit = median(gigaflops)
    rows.append(["**median**", *(f"**{middle[name]:.3f}**" for name in speeds), f"**{limit:.0f}**"])
    report.table(head, rows)
    latencies = [
        [name, f"{median(r.p50_ms for r in results):.0f}", f"{median(r.p99_ms for r in results):.0f}", str(sum(r.errors for r in results))]
        for name, results in loads.items()
        if results
    ]
    report.table(["latency", "p50 ms", "p99 ms", "refused or failed"], latencies)
    report.at_least("V3, pages/s, doclayout ÷ bare engine", middle["doclayout"] / middle["bare engine"], 0.9, "×")
    if "peer" in middle:
        report.at_least("V3, pages/s, doclayout ÷ peer", middle["doclayout"] / middle["peer"], 1.25, "×")
    share = middle["doclayout"] * GIGAFLOP_A_PAGE / limit
    report.at_least("V3, of the processor's limit for products", share, 0.8, "×")
    report.under("V3, pages refused or failed", sum(r.errors for r in loads["doclayout"]), 1, "pages")


def _memory(context: Context, report: Report, model: Path) -> None:
    rows = []
    for streams, bar in ((1, 1000), (2, 1450)):
        say(f"v3: memory with {streams} stream{'s' if streams > 1 else ''}")
        with doclayout(_serving(context, model, "--streams", str(streams))) as service:
            ready = service.resident_bytes()
            poster = PagePoster(service, context.page, context.connections)
            poster.post(min(MEMORY_PAGES, context.pages))
            service.wait_until_quiet()
            resting = service.resident_bytes()
            peak = service.peak_resident_bytes()
            poster.close()
        rows.append([str(streams), *(f"{size / MEGABYTE:.0f}" for size in (ready, resting, peak))])
        report.under(f"V3, most memory ever, {streams} stream{'s' if streams > 1 else ''}", peak / MEGABYTE, bar, "MB")
    report.section("PP-DocLayoutV3: memory", "Resident megabytes (10^6 bytes), loading and compiling included.")
    report.table(["streams", "ready", f"after {MEMORY_PAGES} pages", "most ever"], rows)


def _start(context: Context, report: Report, model: Path, cache: Path) -> None:
    serving = _serving(context, model, "--cache-dir", str(cache))
    ready, own = [], []
    for index in range(1 + min(5, context.starts)):
        with doclayout(serving) as service:
            page = service.metric("pp_doclayout_deep_health_inference_seconds")
            ready.append(service.seconds_to_ready)
            own.append(service.seconds_to_ready - page)
        say(f"v3: start {index + 1}: {ready[-1]:.3f} s, of which {page:.3f} s for the first page")
    report.section(
        "PP-DocLayoutV3: start",
        "Seconds from exec to the first 200 of `/ready`, files in the page cache, `--cache-dir`: readiness comes when a page "
        "went through the model, which takes the time of a page in one stream.",
    )
    rows = [
        [name, f"{seconds[0]:.2f}", f"{median(seconds[1:]):.3f}", f"{min(seconds[1:]):.3f}", f"{max(seconds[1:]):.3f}"]
        for name, seconds in (("ready", ready), ("less the page", own))
    ]
    report.table(["", "cold", "second and later, median", "least", "most"], rows)
    report.under("V3, ready after exec, second start, less its first page", median(own[1:]), 1.5, "s")


def _post_processing(context: Context, report: Report) -> None:
    """The same made-up page through the reference, and through ours."""
    say("v3: post-processing")
    python = peer_python("peer-v3", "requirements-v3.txt")
    reference = _json_of([str(python), str(ROOT / "bench/peer/v3_post_processing.py")])["milliseconds"]
    ours = {}
    for shape in ("rect", "auto"):
        command = [str(context.program("bench/doclayout_stages_bench")), "--benchmark_format=json"]
        command += [f"--benchmark_filter=postprocess/300_rows_60_masks/{shape}", "--benchmark_min_time=0.5"]
        (run,) = _json_of(command)["benchmarks"]
        ours[shape] = run["cpu_time"] * {"ns": 1e-6, "us": 1e-3, "ms": 1.0}[run["time_unit"]]
    report.section(
        "PP-DocLayoutV3: post-processing",
        "Milliseconds of one thread for 300 rows of which 60 with masks are left: threshold, suppression, merging, "
        "outlines, overlaps, order.",
    )
    report.table(
        ["", "ms"],
        [
            ["paddlex 3.7.2, shape=auto", f"{reference:.1f}"],
            ["doclayout, shape=auto", f"{ours['auto']:.2f}"],
            ["doclayout, shape=rect", f"{ours['rect']:.2f}"],
        ],
    )
    report.under("V3, post-processing of 300 rows with 60 masks", ours["auto"], 8, "ms")


def _json_of(command: list[str]) -> dict:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"{command[0]} left with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)
