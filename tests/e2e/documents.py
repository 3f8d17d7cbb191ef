"""Documents that nobody should send, made on the spot."""

from __future__ import annotations

import io
import random
import struct
import zlib

from PIL import Image


def encode(image: Image.Image, format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def white(width: int, height: int, mode: str = "L") -> Image.Image:
    return Image.new(mode, (width, height), "white")


def truncated_jpeg(jpeg: bytes) -> bytes:
    """The first half: a good header, then nothing."""
    return jpeg[: len(jpeg) // 2]


def random_bytes(count: int = 4096) -> bytes:
    return b"\x00" + random.Random(1).randbytes(count)


def png_bomb(width: int = 10_000, height: int = 6_000) -> bytes:
    """60 megapixels of white in about 8 kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\x00" + b"\xff" * ((width + 7) // 8)) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n"
)


def gif() -> bytes:
    return encode(white(40, 30), "GIF")


def multi_page_tiff(sizes: list[tuple[int, int]]) -> bytes:
    pages = [white(*size) for size in sizes]
    return encode(pages[0], "TIFF", save_all=True, append_images=pages[1:])


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def foreign_onnx() -> bytes:
    """A good ONNX model that finds no layout: y = x, of two numbers. Field numbers as in onnx.proto."""

    def port(name: str) -> bytes:
        shape = _field(1, _field(1, 2))  # one dimension of size 2
        return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))  # float32

    node = _field(1, "x") + _field(2, "y") + _field(4, "Identity")
    graph = _field(1, node) + _field(2, "copy") + _field(11, port("x")) + _field(12, port("y"))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))


def with_other_shapes(model: bytes) -> bytes:
    """The embedded model, its four distance maps declared with 36 channels; its graph still gives 32."""
    for cells in (7600, 1900, 475, 130):

        def shape(channels: int, cells: int = cells) -> bytes:
            return b"".join(_field(1, _field(1, size)) for size in (1, cells, channels))

        assert shape(32) in model
        model = model.replace(shape(32), shape(36), 1)
    return model
