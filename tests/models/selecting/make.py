"""Writes selecting.onnx beside itself: `make.py`; needs onnx 1.23 and numpy, run by hand.

A graph with the inputs and outputs of a V3 export that gives as many rows as the page deserves, as exports with their own
suppression do: two on a white page, none on a black one. How many is known only once the page has been looked at.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
ROWS = [[22, 0.9, 10, 20, 60, 80, 2], [21, 0.8, 10, 120, 60, 180, 1]]


def make() -> onnx.ModelProto:
    constants = {
        "all_rows": np.array(ROWS, dtype=np.float32),
        "all_masks": np.ones((len(ROWS), SIDE // 4, SIDE // 4), dtype=np.int32),
        "scores": np.array([row[1] for row in ROWS], dtype=np.float32),
        "least": np.array(0.5, dtype=np.float32),
        "nothing": np.array(0, dtype=np.float32),
        "flat": np.array([-1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        # The two other inputs are needed for nothing, and a graph may not have such.
        helper.make_node("ReduceMean", ["im_shape"], ["mean_shape"], keepdims=0),
        helper.make_node("ReduceMean", ["scale_factor"], ["mean_factor"], keepdims=0),
        helper.make_node("Add", ["mean_shape", "mean_factor"], ["others"]),
        helper.make_node("Mul", ["others", "nothing"], ["zero"]),
        helper.make_node("Add", ["mean", "zero"], ["brightness"]),
        helper.make_node("Mul", ["scores", "brightness"], ["seen"]),
        helper.make_node("Greater", ["seen", "least"], ["good"]),
        helper.make_node("NonZero", ["good"], ["places"]),
        helper.make_node("Reshape", ["places", "flat"], ["chosen"]),
        helper.make_node("Gather", ["all_rows", "chosen"], ["rows"], axis=0),
        helper.make_node("Gather", ["all_masks", "chosen"], ["masks"], axis=0),
        helper.make_node("Shape", ["chosen"], ["length"]),
        helper.make_node("Cast", ["length"], ["count"], to=TensorProto.INT32),
    ]
    inputs = [("im_shape", ["N", 2]), ("image", ["N", 3, SIDE, SIDE]), ("scale_factor", ["N", 2])]
    graph = helper.make_graph(
        nodes,
        "selecting",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
        [
            helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["R", 7]),
            helper.make_tensor_value_info("count", TensorProto.INT32, ["N"]),
            helper.make_tensor_value_info("masks", TensorProto.INT32, ["R", SIDE // 4, SIDE // 4]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="selecting")
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(make(), Path(__file__).parent / "selecting.onnx")
