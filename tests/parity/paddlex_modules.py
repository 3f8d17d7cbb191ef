"""The modules of paddlex 3.7.2 that post-process, run as they were installed, without the rest of paddlex.

They import others by relative names, and those bring in a framework, an image reader, progress bars. Stand-ins under the
same names are put into `sys.modules` first, so that only the two files with the post-processing are executed.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pathlib
import sys
import types

VERSION = "3.7.2"


def _stand_in(name: str, path: pathlib.Path | None = None, **members) -> None:
    module = types.ModuleType(name)
    if path is not None:
        module.__path__ = [str(path)]
    vars(module).update(members)
    sys.modules[name] = module


def _unchanged(*_args, **_options):
    """A decorator, with or without arguments, that leaves what it decorates alone."""
    if len(_args) == 1 and not _options and isinstance(_args[0], type):
        return _args[0]
    return lambda decorated: decorated


def load():
    """The modules `object_detection.processors` and `layout_analysis.processors`."""
    found = importlib.metadata.version("paddlex")
    assert found == VERSION, f"paddlex {found} is installed, parity is with {VERSION}"
    home = pathlib.Path(importlib.util.find_spec("paddlex").origin).parent
    models = home / "inference" / "models"
    _stand_in("paddlex", home)
    _stand_in("paddlex.utils", home / "utils", logging=types.SimpleNamespace(warning=lambda *_: None))
    _stand_in(
        "paddlex.utils.deps",
        class_requires_deps=_unchanged,
        function_requires_deps=_unchanged,
        is_dep_available=lambda _name: True,
    )
    _stand_in("paddlex.inference", home / "inference")
    _stand_in("paddlex.inference.utils", home / "inference" / "utils")
    benchmark = types.SimpleNamespace(timeit=_unchanged, timeit_with_options=_unchanged)
    _stand_in("paddlex.inference.utils.benchmark", benchmark=benchmark)
    _stand_in("paddlex.inference.common", home / "inference" / "common")
    _stand_in("paddlex.inference.common.reader", ReadImage=object)
    _stand_in("paddlex.inference.models", models)
    _stand_in("paddlex.inference.models.common", Normalize=object, Resize=object)
    for part in ("object_detection", "layout_analysis"):
        _stand_in(f"paddlex.inference.models.{part}", models / part)
    # Imported by the second one, which is why both run under their own names.
    detection = importlib.import_module("paddlex.inference.models.object_detection.processors")
    return detection, importlib.import_module("paddlex.inference.models.layout_analysis.processors")
