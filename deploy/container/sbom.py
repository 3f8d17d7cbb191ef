"""Says what is in an image, as SPDX 2.3 JSON: `sbom.py IMAGE_ROOT FILE...`.

IMAGE_ROOT is the folder that becomes the image's root, FILE what of the distribution was copied into it, under the
names that it has on this machine: dpkg tells their packages, versions and sources. Same input, same document.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NAMESPACE = "https://spdx.org/spdxdocs/doclayout"


@dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    licence: str = "NOASSERTION"
    url: str = ""  # package URL
    sha256: str = ""

    @property
    def id(self) -> str:
        return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{self.name}-{self.version}")

    def entry(self) -> dict:
        entry = {
            "SPDXID": self.id,
            "name": self.name,
            "versionInfo": self.version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "licenseConcluded": self.licence,
            "licenseDeclared": self.licence,
            "copyrightText": "NOASSERTION",
        }
        if self.url:
            reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": self.url}
            entry["externalRefs"] = [reference]
        if self.sha256:
            entry["checksums"] = [{"algorithm": "SHA256", "checksumValue": self.sha256}]
        return entry


def debian_packages(files: list[str]) -> set[Package]:
    """Those that the files come from."""
    owners = owners_of(files)
    query = ["dpkg-query", "--show", "--showformat", "${Package}\t${Version}\t${Architecture}\n"]
    told = subprocess.run([*query, *sorted(set(owners.values()))], capture_output=True, text=True, check=True).stdout
    found = set()
    for name, version, architecture in (line.split("\t") for line in told.splitlines()):
        url = f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=debian-12"
        found.add(Package(name, version, url=url))
    return found


def owners_of(files: list[str]) -> dict[str, str]:
    """The package of each file. Debian 12 knows a file under /lib or under /usr/lib, by how its package has it."""
    names = {}
    for file in files:
        real = os.path.realpath(file)
        names[file] = [file, file.removeprefix("/usr"), real, real.removeprefix("/usr")]
    # One question for all: each one reads dpkg's whole list. Its exit status only says that some name is not known.
    query = ["dpkg-query", "--search", *sorted({name for several in names.values() for name in several})]
    owner = {}
    for line in subprocess.run(query, capture_output=True, text=True).stdout.splitlines():
        packages, _, path = line.rpartition(": ")
        owner[path] = packages.partition(",")[0]
    owners = {}
    for file, several in names.items():
        known = [owner[name] for name in several if name in owner]
        if not known:
            sys.exit(f"error: no package has {file}")
        owners[file] = known[0]
    return owners


def wheels() -> set[Package]:
    """What scripts/wheels.txt pins and an image carries: the runtime's libraries and the model."""
    found = set()
    for line in (REPOSITORY / "scripts" / "wheels.txt").read_text().splitlines():
        pin = re.fullmatch(r"([a-z-]+)==(\S+) --hash=sha256:([0-9a-f]{64})", line)
        if pin and pin[1] in ("openvino", "rapid-layout"):
            found.add(Package(pin[1], pin[2], "Apache-2.0", f"pkg:pypi/{pin[1]}@{pin[2]}", pin[3]))
    if len(found) != 2:
        sys.exit("error: scripts/wheels.txt does not pin both openvino and rapid-layout")
    return found


def program(image: Path) -> Package:
    path = image / "usr/local/bin/doclayout"
    version = re.search(r"project\(doclayout VERSION (\S+)", (REPOSITORY / "CMakeLists.txt").read_text())
    if version is None:
        sys.exit("error: CMakeLists.txt names no version")
    return Package("doclayout", version[1], "Apache-2.0", sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def document(image: Path, files: list[str]) -> dict:
    own = program(image)
    parts = sorted(debian_packages(files) | wheels())
    created = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), timezone.utc)
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"doclayout-{own.version}",
        "documentNamespace": f"{NAMESPACE}-{own.version}-{own.sha256[:16]}",
        "creationInfo": {
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: doclayout-sbom"],
        },
        "packages": [package.entry() for package in (own, *parts)],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": own.id},
            *(
                {"spdxElementId": own.id, "relationshipType": "DEPENDS_ON", "relatedSpdxElement": part.id}
                for part in parts
            ),
        ],
    }


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    print(json.dumps(document(Path(sys.argv[1]), sys.argv[2:]), indent=1))


if __name__ == "__main__":
    main()
