"""Makes an INT8 model out of a float32 one, and compares the two on pages held back.

`doclayout model quantize` runs this in an environment of its own (requirements.txt); docs/models.md says how. Standard
output gets the figures, standard error the progress. Exit status: 0 done, 1 something went wrong, with one line that says
what.
"""

import argparse
import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

# Before the import: NNCF else reports its use to others.
os.environ["NNCF_CI"] = "1"

import cv2  # noqa: E402
import nncf  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
SAME_PLACE = 0.5  # intersection over union from which two boxes of one label are one region
HELD_BACK = 5  # one page of so many is not calibrated with


class Mistake(Exception):
    """What the user has to know; the message is all that is printed."""


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--card", required=True, help="JSON: what the program knows of the model")
    parser.add_argument("--pages", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--doclayout", required=True, help="the program, to compare the models with")
    parser.add_argument("--threshold", type=float)
    parser.add_argument("--keep-float", action="append", default=[], help="regular expression of nodes' names")
    return parser.parse_args()


def find_pages(folder: Path) -> tuple[list[Path], list[Path]]:
    """Pages to calibrate with, and pages held back."""
    pages = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if len(pages) < 2:
        raise Mistake(f"'{folder}' holds {len(pages)} pages (JPEG, PNG, WebP, TIFF or BMP); at least 2 are needed")
    held_back = pages[HELD_BACK - 1 :: HELD_BACK] or pages[-1:]
    return [page for page in pages if page not in held_back], held_back


def read_inputs(page: Path, card: dict) -> dict[str, np.ndarray]:
    """The graph's inputs for one page, as the service makes them."""
    image = cv2.imread(str(page), cv2.IMREAD_COLOR)
    if image is None:
        raise Mistake(f"the page '{page}' cannot be decoded")
    height, width = image.shape[:2]
    size = (card["width"], card["height"])
    pixels = cv2.resize(image, size, interpolation=card["interpolation"])
    if card["rgb"]:
        pixels = pixels[:, :, ::-1]
    values = (pixels.astype(np.float32) / 255 - np.float32(card["mean"])) / np.float32(card["deviation"])
    inputs = {card["input"]: np.ascontiguousarray(values.transpose(2, 0, 1)[None])}
    if card["im_shape"]:
        inputs[card["im_shape"]] = np.float32([[size[1], size[0]]])
    if card["scale_factor"]:
        inputs[card["scale_factor"]] = np.float32([[size[1] / height, size[0] / width]])
    return inputs


def load_simplified(path: str) -> onnx.ModelProto:
    """The graph with batch norms folded into convolutions, in standard operators only: what is quantized then is what an
    engine runs."""
    whole = onnx.load(path)  # with the weights that lie in files beside it: the runtime would go on pointing to them
    metadata = list(whole.metadata_props)
    with tempfile.TemporaryDirectory(prefix="doclayout-quantize-") as folder:
        whole_path = str(Path(folder) / "whole.onnx")
        onnx.save(whole, whole_path)
        del whole
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder) / "simplified.onnx")
        onnxruntime.InferenceSession(whole_path, options, providers=["CPUExecutionProvider"])
        simplified = onnx.load(options.optimized_model_filepath)
    del simplified.metadata_props[:]
    simplified.metadata_props.extend(metadata)
    return simplified


def quantize(card: dict, pages: list[Path], keep_float: list[str]) -> onnx.ModelProto:
    graph = load_simplified(card["path"])
    ignored = nncf.IgnoredScope(patterns=keep_float, validate=False) if keep_float else None
    # The detection transformers' attention keeps its soft maxima; smoothing is off because NNCF 3.4 fails on products of
    # two activations in ONNX graphs.
    return nncf.quantize(
        graph,
        nncf.Dataset(pages, lambda page: read_inputs(page, card)),
        subset_size=len(pages),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER if card["transformer"] else None,
        ignored_scope=ignored,
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            # Weights of seven bits: products of eight overflow on processors without VNNI, and a model has to give the
            # same answer on all of them.
            overflow_fix=nncf.quantization.advanced_parameters.OverflowFix.ENABLE,
            smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=-1, convolution=-1)
        ),
    )


def save(graph: onnx.ModelProto, card: dict, output: Path) -> None:
    """Whole or not at all."""
    if not any(entry.key == "character" for entry in graph.metadata_props):
        # A model that came with an inference.yml has its labels there; this one has to bring its own.
        graph.metadata_props.add(key="character", value="\n".join(card["labels"]))
    with tempfile.NamedTemporaryFile(dir=output.parent, prefix=output.name, suffix=".part", delete=False) as part:
        try:
            part.write(graph.SerializeToString())
            part.flush()
            os.fsync(part.fileno())
            os.chmod(part.name, 0o644)
            os.replace(part.name, output)
        except BaseException:
            os.unlink(part.name)
            raise


def analyze(arguments: argparse.Namespace, card: dict, model: str, pages: list[Path]) -> list[list[dict]]:
    """The regions of each page."""
    command = [arguments.doclayout, "analyze", "--model-path", model, "--family", card["family"]]
    if arguments.threshold is not None:
        command += ["--threshold", str(arguments.threshold)]
    done = subprocess.run([*command, *map(str, pages)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Mistake(f"the pages cannot be analysed with '{model}': {done.stderr.strip()}")
    documents = map(json.loads, done.stdout.splitlines())  # in the order of the files
    return [[region for page in document["pages"] for region in page["regions"]] for document in documents]


def overlap(a: list[float], b: list[float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


@dataclass
class Agreement:
    """Of the regions of two models on the same pages."""

    pages: int = 0
    float_regions: int = 0
    int8_regions: int = 0
    overlaps: list[float] = field(default_factory=list)
    score_changes: list[float] = field(default_factory=list)
    pairs: int = 0
    pairs_in_order: int = 0

    def add(self, expected: list[dict], found: list[dict]) -> None:
        self.pages += 1
        self.float_regions += len(expected)
        self.int8_regions += len(found)
        candidates = sorted(
            (
                (overlap(a["bbox"], b["bbox"]), i, j)
                for i, a in enumerate(expected)
                for j, b in enumerate(found)
                if a["label"] == b["label"]
            ),
            reverse=True,
        )
        matched: dict[int, int] = {}
        for value, i, j in candidates:
            if value >= SAME_PLACE and i not in matched and j not in matched.values():
                matched[i] = j
                self.overlaps.append(value)
                self.score_changes.append(abs(expected[i]["score"] - found[j]["score"]))
        for (i, j), (k, m) in combinations(sorted(matched.items()), 2):
            self.pairs += 1
            self.pairs_in_order += j < m and i < k

    def print(self) -> None:
        def share(part: float, whole: float) -> str:
            return f"{100 * part / whole:.1f} %" if whole else "-"

        def mean(values: list[float]) -> str:
            return f"{sum(values) / len(values):.4f}" if values else "-"

        matched = len(self.overlaps)
        print(f"agreement on {self.pages} pages held back (same label, overlap of at least {SAME_PLACE:g}):")
        print(f"  regions, float32            {self.float_regions}")
        print(f"  regions, INT8               {self.int8_regions}")
        print(f"  of float32's found again    {share(matched, self.float_regions)}")
        print(f"  of INT8's not in float32's  {share(self.int8_regions - matched, self.int8_regions)}")
        print(f"  mean overlap of these       {mean(self.overlaps)}")
        print(f"  mean change of score        {mean(self.score_changes)}")
        print(f"  pairs read in one order     {share(self.pairs_in_order, self.pairs)}")


def run() -> None:
    arguments = parse()
    card = json.loads(arguments.card)
    logging.getLogger("nncf").setLevel(logging.ERROR)
    calibration, held_back = find_pages(arguments.pages)
    say(f"calibrating with {len(calibration)} pages, holding {len(held_back)} back")
    with contextlib.redirect_stdout(sys.stderr):  # NNCF's progress
        graph = quantize(card, calibration, arguments.keep_float)
    save(graph, card, arguments.output)
    say(f"wrote {arguments.output} ({arguments.output.stat().st_size / 1e6:.1f} MB); comparing")
    expected = analyze(arguments, card, card["spec"], held_back)
    found = analyze(arguments, card, str(arguments.output), held_back)
    agreement = Agreement()
    for float_regions, int8_regions in zip(expected, found, strict=True):
        agreement.add(float_regions, int8_regions)
    agreement.print()


if __name__ == "__main__":
    try:
        run()
    except (Mistake, OSError, nncf.ValidationError) as mistake:
        say(f"doclayout: {mistake}")
        sys.exit(1)
