"""Checks which module includes which: `check_arrows.py [REPOSITORY]`. Prints one line a fault and exits 1 if there is any.

The arrows are what the modules' CMake files declare: PUBLIC and PRIVATE of `doclayout_module`, and every `doclayout::name` in
apps/. The rules:

- An include of another module needs an edge that the including module declares itself. An edge that comes along through
  another module's PUBLIC does not count: the CMake file shall show every arrow that the sources have.
- A header that other modules include hands its own includes on, so the edges behind those are PUBLIC.
- A declared edge is used by at least one include outside the tests.
- The declared edges have no cycle.
- Headers in a folder `testing` are for tests.
- Tests (`*_test.cc`, folder `testing`) may use what their module may, and the modules in TEST_LIBRARIES.
- Boost.Asio and Beast appear in src/http/*.cc only, OpenVINO and ONNX Runtime in their folders of src/runtime/ only.
- Includes of modules are written from src/ ("module/file.h"), so that none escapes these rules. A program includes its own
  files by name.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
KEYWORDS = ("SOURCES", "TESTS", "PUBLIC", "PRIVATE", "PUBLIC_LIBRARIES", "LIBRARIES", "TEST_LIBRARIES")

# What an include's path starts with, where it may stand, and how to say so.
CONFINED = (
    (("boost/asio", "boost/beast"), re.compile(r"src/http/([^/]+/)*[^/]+\.cc"), "src/http/*.cc"),
    (("openvino/",), re.compile(r"src/runtime/openvino/.*"), "src/runtime/openvino/"),
    (("onnxruntime_",), re.compile(r"src/runtime/onnxruntime/.*"), "src/runtime/onnxruntime/"),
)


@dataclass
class Module:
    name: str
    folder: Path
    public: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    for_tests: set[str] = field(default_factory=set)

    @property
    def edges(self) -> set[str]:
        return self.public | self.private


@dataclass
class Include:
    file: Path
    line: int
    path: str
    quoted: bool


def is_test(file: Path) -> bool:
    return file.name.endswith("_test.cc") or "testing" in file.parts


def without_comments(cmake: str) -> str:
    return re.sub(r"#[^\n]*", "", cmake)


def declared_modules(root: Path) -> dict[str, Module]:
    """Reads every doclayout_module(...) under src/."""
    modules = {}
    for file in sorted(root.glob("src/**/CMakeLists.txt")):
        for call in re.finditer(r"\bdoclayout_module\(([^)]*)\)", without_comments(file.read_text())):
            name, *words = call.group(1).split()
            module = Module(name, file.parent)
            keyword = ""
            for word in words:
                if word in KEYWORDS:
                    keyword = word
                elif keyword == "PUBLIC":
                    module.public.add(word)
                elif keyword == "PRIVATE":
                    module.private.add(word)
                elif keyword == "TEST_LIBRARIES" and word.startswith("doclayout::"):
                    module.for_tests.add(word.removeprefix("doclayout::"))
            modules[name] = module
    return modules


def declared_apps(root: Path) -> dict[str, Module]:
    """Programs: what they link is what they may include."""
    apps = {}
    for file in sorted(root.glob("apps/*/CMakeLists.txt")):
        linked = set(re.findall(r"\bdoclayout::(\w+)", without_comments(file.read_text())))
        apps[f"apps/{file.parent.name}"] = Module(f"apps/{file.parent.name}", file.parent, private=linked)
    return apps


def sources(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".h", ".cc") and file.is_file():
            yield file


def includes(file: Path) -> Iterator[Include]:
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1):
        if match := INCLUDE.match(line):
            yield Include(file, number, match.group(2), match.group(1) == '"')


def cycles(modules: dict[str, Module]) -> list[list[str]]:
    """Returns each cycle of declared edges once, as the modules along it."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> None:
        if name in trail:
            found.append(trail[trail.index(name) :] + [name])
        elif name in modules and name not in done:
            for edge in sorted(modules[name].edges):
                visit(edge, trail + [name])
            done.add(name)

    for name in sorted(modules):
        visit(name, [])
    return found


class Checker:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.src = root / "src"
        self.modules = declared_modules(root)
        self.users = self.modules | declared_apps(root)
        self.faults: list[str] = []
        self.used: dict[str, set[str]] = {name: set() for name in self.users}
        # Per module: which of its headers others include, and what each of its headers includes.
        self.exported: dict[str, set[Path]] = {name: set() for name in self.modules}
        self.header_includes: dict[Path, list[tuple[Include, Module]]] = {}

    def run(self) -> list[str]:
        for folder in [*self.src.glob("*"), *(self.root / "apps").glob("*")]:
            if folder.is_dir() and any(sources(folder)) and not self.user_of(folder / "file"):
                self.faults.append(f"{folder.relative_to(self.root)}: has sources, but its CMakeLists.txt declares no module")
        for user in self.users.values():
            for file in sources(user.folder):
                if self.user_of(file) is user:
                    for include in includes(file):
                        self.check_include(user, include)
        self.check_edges()
        self.check_public()
        self.faults += ["cycle: " + " -> ".join(cycle) for cycle in cycles(self.modules)]
        return self.faults

    def user_of(self, file: Path) -> Module | None:
        """The module or program in whose folder the file lies: the innermost one."""
        owners = [user for user in self.users.values() if user.folder in file.parents]
        return max(owners, key=lambda user: len(user.folder.parts), default=None)

    def fault(self, include: Include, text: str) -> None:
        self.faults.append(f"{include.file.relative_to(self.root)}:{include.line}: {text}")

    def check_include(self, user: Module, include: Include) -> None:
        here = include.file.relative_to(self.root).as_posix()
        for starts, allowed, place in CONFINED:
            if include.path.startswith(starts) and not allowed.fullmatch(here):
                self.fault(include, f'"{include.path}" may be included in {place} only')
        if "testing" in Path(include.path).parts and not is_test(include.file):
            self.fault(include, f'"{include.path}" is for tests')
        target = self.user_of(self.src / include.path) if ".." not in Path(include.path).parts else None
        if target is None:
            escapes = user.name in self.modules or ".." in Path(include.path).parts
            if include.quoted and escapes and (include.file.parent / include.path).exists():
                self.fault(include, f'"{include.path}" is written from its own folder, not from src/')
            return
        if target is user or target.name not in self.modules:
            if include.file.suffix == ".h":
                self.header_includes.setdefault(include.file, []).append((include, target))
            return
        self.exported[target.name].add(self.src / include.path)
        if is_test(include.file):
            if target.name not in user.edges | user.for_tests:
                self.fault(include, f"the tests of {user.name} do not declare the edge to {target.name}")
            return
        self.used[user.name].add(target.name)
        if include.file.suffix == ".h":
            self.header_includes.setdefault(include.file, []).append((include, target))
        if target.name not in user.edges:
            self.fault(include, f"{user.name} does not declare the edge to {target.name}")

    def check_edges(self) -> None:
        for user in self.users.values():
            place = (user.folder / "CMakeLists.txt").relative_to(self.root)
            for edge in sorted(user.edges):
                if edge not in self.modules:
                    self.faults.append(f"{place}: {edge} is no module")
                elif edge not in self.used[user.name]:
                    self.faults.append(f"{place}: no include uses the edge from {user.name} to {edge}")
            for edge in sorted(user.public & user.private):
                self.faults.append(f"{place}: the edge to {edge} is both PUBLIC and PRIVATE")

    def check_public(self) -> None:
        for module in self.modules.values():
            waiting = list(self.exported[module.name])
            seen: set[Path] = set()
            while waiting:
                header = waiting.pop()
                if header in seen or is_test(header):
                    continue
                seen.add(header)
                for include, target in self.header_includes.get(header, []):
                    if target is module:
                        waiting.append(self.src / include.path)
                    elif target.name in module.private:
                        self.fault(include, f"other modules include this header, so the edge to {target.name} is PUBLIC")


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    checker = Checker(root)
    faults = checker.run()
    for fault in faults:
        print(fault)
    edges = sum(len(module.edges) for module in checker.users.values())
    print(f"arrows: {len(checker.modules)} modules, {edges} edges, {len(faults)} faults")
    return 1 if faults or not checker.modules else 0


if __name__ == "__main__":
    sys.exit(main())
