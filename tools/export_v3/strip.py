"""Takes the weights out of a graph: `strip.py IN.onnx FOLDER` writes FOLDER/IN.onnx.gz and FOLDER/weights.csv.

Every tensor of more than 1 kB becomes external data in weights.bin, and a line in weights.csv says how to make it: the format is
described in tests/models/v3/weights.h. A tensor that spread.py did not make stays in the graph; these are listed.
"""

import csv
import gzip
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from spread import fill, fnv1a, make_model, rule_of, scale, seeded_name

SMALLEST_EXTERNAL = 1024
ALIGNMENT = 64


@dataclass
class Origin:
    """Where a tensor's bytes come from."""

    name: str
    shape: tuple[int, ...]
    gain: float
    transposed: bool
    patched: np.ndarray | None  # what it is, where that is not what `fill` gives


def known_tensors() -> dict[bytes, Origin]:
    """Every tensor that the model has, by its bytes, plain and transposed."""
    known: dict[bytes, Origin] = {}
    for full_name, parameter in make_model().state_dict().items():
        if parameter.ndim < 2 or not full_name.endswith("weight"):
            continue
        name = seeded_name(full_name)
        values = parameter.numpy()
        gain, _ = rule_of(name, values.ndim)
        patched = None if np.array_equal(values, fill(name, values.shape, gain)) else values
        known.setdefault(values.tobytes(), Origin(name, values.shape, gain, False, patched))
        if values.ndim == 2:
            turned = np.ascontiguousarray(values.T).tobytes()
            known.setdefault(turned, Origin(name, values.shape, gain, True, patched))
    return known


def overrides(origin: Origin) -> list[str]:
    """What turns `fill`'s tensor into the patched one: rows first, then columns, then elements."""
    made = fill(origin.name, origin.shape, origin.gain).reshape(origin.shape[0], -1)
    wanted = origin.patched.reshape(origin.shape[0], -1)
    words = []
    for row in range(len(made)):
        if (wanted[row] == wanted[row, -1]).all():
            words.append(f"r{row}={float(wanted[row, -1]).hex()}")
            made[row] = wanted[row, -1]
    for column in range(made.shape[1]):
        same = (wanted[1:, column] == wanted[-1, column]).all()
        if same and not np.array_equal(made[:, column], wanted[:, column]):
            words.append(f"c{column}={float(wanted[-1, column]).hex()}")
            made[:, column] = wanted[-1, column]
    words += [f"e{row}.{column}={float(wanted[row, column]).hex()}" for row, column in np.argwhere(made != wanted)]
    return words


def rule_for(values: np.ndarray, known: dict[bytes, Origin]) -> list | None:
    """The columns of weights.csv behind offset and count."""
    if values.dtype == np.float32 and (values == values.flat[0]).all():
        return ["const", float(values.flat[0]).hex(), 0, 0, 0, ""]
    origin = known.get(values.tobytes())
    if origin is None:
        return None
    columns = int(np.prod(origin.shape[1:]))
    words = ["t"] if origin.transposed else []
    if origin.patched is not None:
        words += overrides(origin)
    seed = f"{fnv1a(origin.name):016x}"
    return ["fill", scale(columns, origin.gain).hex(), seed, origin.shape[0], columns, " ".join(words)]


def make_external(tensor: TensorProto, offset: int, length: int) -> None:
    tensor.ClearField("raw_data")
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    del tensor.external_data[:]
    for key, value in (("location", "weights.bin"), ("offset", offset), ("length", length)):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)


def tensors_of(model: onnx.ModelProto) -> list[TensorProto]:
    constants = [node for node in model.graph.node if node.op_type == "Constant"]
    return [*model.graph.initializer, *(a.t for node in constants for a in node.attribute if a.name == "value")]


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, folder = (Path(argument) for argument in sys.argv[1:])
    known = known_tensors()
    model = onnx.load(source)
    lines, weights = [], bytearray()
    for tensor in tensors_of(model):
        values = numpy_helper.to_array(tensor)
        if values.nbytes <= SMALLEST_EXTERNAL:
            continue
        rule = rule_for(values, known)
        if rule is None:
            print(f"stays in the graph: {tensor.name} {values.dtype} {values.shape}")
            continue
        weights += bytes(-len(weights) % ALIGNMENT)
        lines.append([len(weights), values.size, *rule])
        make_external(tensor, len(weights), values.nbytes)
        weights += values.tobytes()
    folder.joinpath(f"{source.name}.gz").write_bytes(gzip.compress(model.SerializeToString(), 9, mtime=0))
    with folder.joinpath("weights.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    print(f"weights.bin: {len(weights)} bytes, SHA-256 {hashlib.sha256(weights).hexdigest()}")


if __name__ == "__main__":
    main()
