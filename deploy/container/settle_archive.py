"""Makes a docker-archive of buildah the same for the same image: `settle_archive.py ARCHIVE RESULT NAME:TAG SBOM`.

buildah writes random names of its working containers into an image's configuration, so no two builds had one digest.
RESULT has the same layers and the same settings without those, under one name. SBOM gets a copy of the image's.
Prints the SHA-256 of the program in it, and the image's digest, which is its configuration's.
"""

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

PROGRAM = "usr/local/bin/doclayout"
BILL = "usr/local/share/doc/doclayout/sbom.spdx.json"


def settled(config: dict) -> bytes:
    for name in ("container", "container_config", "parent", "docker_version"):
        config.pop(name, None)
    config["config"].pop("Hostname", None)
    for step in config["history"]:
        step.pop("comment", None)  # "FROM", and the digest of a stage's image, random for the same reason
    return json.dumps(config, sort_keys=True, separators=(",", ":")).encode()


def add(result: tarfile.TarFile, name: str, size: int, content) -> None:
    entry = tarfile.TarInfo(name)  # owned by root, of 1970
    entry.size = size
    result.addfile(entry, content)


def found(archive: tarfile.TarFile, layers: list[str], path: str) -> bytes:
    for layer in reversed(layers):
        with tarfile.open(fileobj=archive.extractfile(layer)) as files:
            if path in files.getnames():
                return files.extractfile(path).read()
    sys.exit(f"error: the image has no /{path}")


def main() -> None:
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    source, target, name, sbom = sys.argv[1:]
    with tarfile.open(source) as archive, tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as result:
        (image,) = json.load(archive.extractfile("manifest.json"))
        layers = image["Layers"]
        for layer in dict.fromkeys(layers):
            add(result, layer, archive.getmember(layer).size, archive.extractfile(layer))
        config = settled(json.load(archive.extractfile(image["Config"])))
        digest = hashlib.sha256(config).hexdigest()
        add(result, f"{digest}.json", len(config), io.BytesIO(config))
        manifest = json.dumps([{"Config": f"{digest}.json", "RepoTags": [name], "Layers": layers}]).encode()
        add(result, "manifest.json", len(manifest), io.BytesIO(manifest))

        program = hashlib.sha256(found(archive, layers, PROGRAM)).hexdigest()
        Path(sbom).write_bytes(found(archive, layers, BILL))
    print(f"program sha256:{program}")
    print(f"image   sha256:{digest}")


if __name__ == "__main__":
    main()
