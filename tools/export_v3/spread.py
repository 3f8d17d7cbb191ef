"""Seeded, spread weights for PP-DocLayoutV3: the same bits from numpy here and from tests/models/v3/weights.cc."""

import numpy as np

# The first rule whose text is in the tensor's name holds: gain of the weights, value of the bias (None: as it is).
# Without one: gain 1.06 for convolutions, 1 for the rest, bias 0.
RULES = (
    ("enc_score_head", 2.2, -4.6),  # tied to decoder.class_embed: few scores above 0.5
    ("enc_bbox_head.layers.2", 0.5, [0, 0, -2.3, -2.3]),  # tied to decoder.bbox_embed: six steps shrink the box
    ("sampling_offsets", 0.1, None),  # the bias is the fixed grid of transformers
    ("encoder_attn.output_proj", 0.02, 0.0),  # damps box error -> sampled feature -> box error
    ("mlp.fc2", 3.0, 0.0),  # what is not linear tells queries apart
    ("global_pointer", 1.5, 0.0),
    ("stem", 1.6, 1.1),
    ("stages.0", 1.06, 1.6),
    ("downsample.", 1.4, 0.0),  # no activation, as the next two
    ("conv1.convolution", 0.85, 0.0),
    ("conv1.normalization", 1.0, 0.0),
    ("conv2.convolution", 1.5, 0.0),  # 5x5, one channel each
    ("bottlenecks", 0.85, 0.8),
    ("_blocks", 0.95, 1.6),  # two branches add up in front of SiLU
    ("normalization", 1.0, 1.6),  # in front of ReLU or SiLU: mostly linear
    (".norm.", 1.0, 1.6),
)

# The ring along the page's edge: kernel's value and bias.
RING_KERNEL = 24 / 576 / 3.0
RING_BIAS = 20.0

# Half the width of what is drawn.
DRAWN_HALF_WIDTH = 2**24


def fnv1a(text: str) -> int:
    """64-bit FNV-1a: a tensor's name becomes its seed."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def draw(seed: int, count: int) -> np.ndarray:
    """`count` odd integers in (-2^24, 2^24): splitmix64 in counter mode."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.int64) * 2 - (DRAWN_HALF_WIDTH - 1)


def scale(columns: int, gain: float) -> float:
    """The one double that what is drawn is multiplied by: variance gain^2 / columns."""
    return gain * 3.0**0.5 / columns**0.5 / DRAWN_HALF_WIDTH / columns


def fill(name: str, shape: tuple[int, ...], gain: float) -> np.ndarray:
    """Uniform weights; every output's row sums to exactly zero, by integer arithmetic."""
    rows = shape[0]
    columns = int(np.prod(shape[1:]))
    values = draw(fnv1a(name), rows * columns).reshape(rows, columns)
    if columns > 1:
        values = values * columns - values.sum(1, keepdims=True)
    return (values.astype(np.float64) * scale(columns, gain)).astype(np.float32).reshape(shape)


def seeded_name(name: str) -> str:
    """Tied tensors have one seed."""
    return name.replace("decoder.class_embed", "enc_score_head").replace("decoder.bbox_embed", "enc_bbox_head")


def rule_of(name: str, dimensions: int) -> tuple[float, object]:
    """Gain and bias of a tensor."""
    for text, gain, bias in RULES:
        if text in name:
            return gain, bias
    return (1.06 if dimensions == 4 else 1.0), 0.0


def spread_tensor(kind: str, name: str, tensor) -> None:
    import torch

    gain, bias = rule_of(name, tensor.ndim)
    if kind == "weight" and tensor.ndim >= 2:
        tensor.copy_(torch.from_numpy(fill(name, tuple(tensor.shape), gain)))
    elif kind == "weight":  # of a normalisation
        tensor.fill_(1.0)
    elif kind == "running_var":
        tensor.fill_(1.0 - 1e-5)  # with the layer's epsilon: 1
    elif kind == "running_mean":
        tensor.zero_()
    elif bias is not None:
        tensor.copy_(torch.tensor(bias, dtype=tensor.dtype).expand_as(tensor))


def draw_ring(model) -> None:
    """Mask prototype 0 is a ring along the page's edge, where a constant kernel sees the padding, in every mask."""
    output = model.model.encoder.encoder_mask_output
    query = model.model.mask_query_head.layers[2]
    output.base_conv.convolution.weight[0] = -RING_KERNEL
    output.base_conv.normalization.bias[0] = RING_BIAS
    output.conv.weight[0] = 0
    output.conv.weight[:, 0] = 0
    output.conv.weight[0, 0] = 1
    query.weight[0] = 0
    query.bias[0] = 8


def make_model():
    """The network as `transformers` builds it for 25 labels, with these weights."""
    import torch
    from transformers import PPDocLayoutV3Config, PPDocLayoutV3ForObjectDetection

    torch.manual_seed(0)
    model = PPDocLayoutV3ForObjectDetection(PPDocLayoutV3Config(num_labels=25))
    with torch.no_grad():
        for module_name, module in model.named_modules():
            for kind in ("weight", "bias", "running_mean", "running_var"):
                tensor = getattr(module, kind, None)
                if torch.is_tensor(tensor):
                    spread_tensor(kind, seeded_name(f"{module_name}.{kind}"), tensor)
        draw_ring(model)
    return model.eval()
