"""Writes echo_float32.onnx and echo_float16.onnx beside itself: `make.py`; needs onnx 1.23 and numpy, run by hand.

Graphs with the inputs and outputs of a V3 export that show what reached them. The row of a page is: mean of each channel, the
two of im_shape, the two of scale_factor. Its mask is 1 where the first channel is above 0.5. Page N+1 is in row N+1.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

SIDE = 32


def make(name: str, element: int, count: int, mask: int) -> onnx.ModelProto:
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Concat", ["means", "im_shape", "scale_factor"], ["rows"], axis=1),
        helper.make_node("Shape", ["image"], ["pages"], start=0, end=1),
        helper.make_node("ConstantOfShape", ["pages"], ["ones"], value=helper.make_tensor("one", TensorProto.INT64, [1], [1])),
        helper.make_node("Cast", ["ones"], ["count"], to=count),
        helper.make_node("Constant", [], ["half"], value=helper.make_tensor("half", element, [], [0.5])),
        helper.make_node("Constant", [], ["zero"], value=helper.make_tensor("zero", TensorProto.INT64, [], [0])),
        helper.make_node("Gather", ["image", "zero"], ["first"], axis=1),
        helper.make_node("Greater", ["first", "half"], ["above"]),
        helper.make_node("Cast", ["above"], ["masks"], to=mask),
    ]
    inputs = [("im_shape", ["N", 2]), ("image", ["N", 3, SIDE, SIDE]), ("scale_factor", ["N", 2])]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(port, element, shape) for port, shape in inputs],
        [
            helper.make_tensor_value_info("rows", element, ["N", 7]),
            helper.make_tensor_value_info("count", count, ["N"]),
            helper.make_tensor_value_info("masks", mask, ["N", SIDE, SIDE]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="echo")
    onnx.checker.check_model(model)
    return model


def main() -> None:
    folder = Path(__file__).parent
    onnx.save(make("echo", TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT32), folder / "echo_float32.onnx")
    onnx.save(make("echo", TensorProto.FLOAT16, TensorProto.INT64, TensorProto.BOOL), folder / "echo_float16.onnx")


if __name__ == "__main__":
    main()
