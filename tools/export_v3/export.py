"""Writes the network in its two contracts: `export.py FOLDER` makes transformers.onnx and official.onnx, weights inside."""

import sys
import warnings
from pathlib import Path

import torch
from spread import make_model

QUERIES = 300
SIDE = 800
# Traced with two pages: with one, some shapes would be taken for constants.
TRACED_PAGES = 2


class Transformers(torch.nn.Module):
    """pixel_values -> what the network gives."""

    def __init__(self, network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixel_values):
        given = self.network(pixel_values)
        return given.logits, given.pred_boxes, given.order_logits, given.out_masks


class Official(torch.nn.Module):
    """im_shape, image, scale_factor -> rows of detections, their count, their masks: as Paddle's export."""

    def __init__(self, network) -> None:
        super().__init__()
        self.network = network

    def forward(self, im_shape, image, scale_factor):
        given = self.network(image)
        pages, _, classes = given.logits.shape
        score, index = torch.topk(given.logits.sigmoid().flatten(1), QUERIES, dim=1)
        label = index % classes
        query = torch.div(index, classes, rounding_mode="floor")
        # One gather over all pages: by page, the index of the masks alone would take 96 MB.
        flat = (query + torch.arange(pages).unsqueeze(1) * QUERIES).flatten()
        rank = self.order_rank(given.order_logits).flatten()[flat]
        box = self.page_boxes(given.pred_boxes, im_shape, scale_factor).flatten(0, 1)[flat]
        masks = (given.out_masks.flatten(0, 1)[flat] > 0).to(torch.int32)  # sigmoid(x) > 0.5
        columns = [label.flatten().unsqueeze(1).float(), score.flatten().unsqueeze(1), box, rank.unsqueeze(1).float()]
        return torch.cat(columns, 1), torch.full_like(label[:, 0], QUERIES).to(torch.int32), masks

    @staticmethod
    def order_rank(order_logits):
        """As `_get_order_seqs` of the reference."""
        before = order_logits.sigmoid()
        votes = before.triu(1).sum(1) + (1 - before.transpose(1, 2)).tril(-1).sum(1)
        pointers = torch.argsort(votes, dim=1)
        return torch.zeros_like(pointers).scatter(1, pointers, torch.arange(QUERIES).expand_as(pointers))

    @staticmethod
    def page_boxes(boxes, im_shape, scale_factor):
        """Centre and size in 0..1 -> corners in pixels of the page: 800 / (800 / height) = height."""
        centre, size = boxes.split(2, -1)
        page = torch.floor(im_shape / scale_factor + 0.5)
        return torch.cat([centre - size / 2, centre + size / 2], -1) * page[:, [1, 0, 1, 0]].unsqueeze(1)


def export(module, arguments: tuple, inputs: list[str], outputs: list[str], rows: set[str], path: Path) -> None:
    """`rows` are the outputs whose first dimension counts rows of all pages and not pages."""
    axes = {name: {0: "M" if name in rows else "N"} for name in [*inputs, *outputs]}
    with torch.no_grad():
        torch.onnx.export(
            module.eval(),
            arguments,
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
        )


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    network = make_model()
    image = torch.rand(TRACED_PAGES, 3, SIDE, SIDE)
    im_shape = torch.full((TRACED_PAGES, 2), float(SIDE))
    scale_factor = im_shape / torch.tensor([[1754.0, 1240.0]])
    export(
        Transformers(network),
        (image,),
        ["pixel_values"],
        ["logits", "pred_boxes", "order_logits", "out_masks"],
        set(),
        folder / "transformers.onnx",
    )
    export(
        Official(network),
        (im_shape, image, scale_factor),
        ["im_shape", "image", "scale_factor"],
        ["det", "count", "masks"],
        {"det", "masks"},
        folder / "official.onnx",
    )


if __name__ == "__main__":
    main()
