"""Certificates of one cluster: its authorities, and who is who by subject."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from machine import run

DAYS = "30"
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Its own certificate is `NAME.crt` in the folder; one that is there already goes on."""

    def __init__(self, folder: pathlib.Path, name: str):
        self.folder = folder
        self.name = name
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / f"{name}.crt").exists():
            return
        own = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
        run("openssl", "req", "-x509", *KEY, "-days", DAYS, "-subj", f"/CN={name}", *own)

    def issue(self, name: str, subject: str, usage: str, names: Sequence[str] = (), folder: pathlib.Path | None = None):
        """Makes `NAME.crt` and `NAME.key`; `names` as in subjectAltName."""
        place = folder or self.folder
        place.mkdir(parents=True, exist_ok=True)
        request, extensions = place / f"{name}.csr", place / f"{name}.extensions"
        run("openssl", "req", *KEY, "-subj", subject, "-keyout", place / f"{name}.key", "-out", request)
        lines = ["keyUsage=digitalSignature", f"extendedKeyUsage={usage}"]
        extensions.write_text("\n".join(lines + ([f"subjectAltName={','.join(names)}"] if names else [])))
        signer = ["-CA", self.folder / f"{self.name}.crt", "-CAkey", self.folder / f"{self.name}.key", "-CAcreateserial"]
        signed = ["-days", DAYS, "-extfile", extensions, "-out", place / f"{name}.crt"]
        run("openssl", "x509", "-req", "-in", request, *signer, *signed)
        request.unlink()
        extensions.unlink()
