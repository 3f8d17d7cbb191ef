"""Images of containers for the cluster's own programs: a folder, packed as `docker save` does."""

from __future__ import annotations

import hashlib
import io
import json
import pathlib
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence

from machine import run

USER = 65534


def libraries_of(program: pathlib.Path) -> list[pathlib.Path]:
    """What a program loads; nothing for a static one."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True)
    return [pathlib.Path(path) for path in re.findall(r"(/[^ ]+) \(0x", said.stdout)] if said.returncode == 0 else []


def root_of(folder: pathlib.Path, programs: Mapping[str, pathlib.Path], more: Mapping[str, pathlib.Path] | None = None):
    """A root with these programs (by the path inside), what they load, and further files or folders."""
    shutil.rmtree(folder, ignore_errors=True)
    for inside, program in programs.items():
        _copy(program, folder / inside.lstrip("/"))
        for library in libraries_of(program):
            _copy(library, folder / str(library).lstrip("/"))
    for inside, source in (more or {}).items():
        place = folder / inside.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, place) if source.is_dir() else shutil.copy(source, place)
    (folder / "tmp").mkdir(mode=0o1777)
    (folder / "etc").mkdir(exist_ok=True)
    (folder / "etc/passwd").write_text(f"nobody:x:{USER}:{USER}::/tmp:/none\n")


def _copy(source: pathlib.Path, place: pathlib.Path):
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, place)


def pack(root: pathlib.Path, name: str, archive: pathlib.Path, entrypoint: Sequence[str], environment: Sequence[str] = ()):
    """Writes the image `name` (repository:tag) of that root, for `ctr images import`; `environment` as NAME=VALUE."""
    layer = archive.with_suffix(".layer")
    run("tar", "--create", f"--file={layer}", f"--directory={root}", "--owner=0", "--group=0", "--sort=name", ".")
    digest = _digest(layer)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": list(entrypoint),
                "Env": list(environment),
                "User": f"{USER}:{USER}",
                "WorkingDir": "/",
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    described = {"Config": "config.json", "RepoTags": [f"docker.io/library/{name}"], "Layers": [f"{digest}.tar"]}
    with tarfile.open(archive.with_suffix(".new"), "w") as out:
        for path, data in (("config.json", config), ("manifest.json", json.dumps([described]).encode())):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            out.addfile(entry, io.BytesIO(data))
        out.add(layer, f"{digest}.tar")
    layer.unlink()
    archive.with_suffix(".new").rename(archive)


def _digest(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
