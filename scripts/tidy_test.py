"""What tidy.py takes for known clean. Runs under unittest and pytest; needs no compiler."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import tidy  # noqa: E402


class Clone:
    """A folder that plays the repository, with one unit that includes one header."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "src").mkdir(parents=True)
        self.write("src/a.cc", "source")
        self.write("src/a.h", "header")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)
        tidy.digest.cache_clear()

    def unit(self, flag: str = "-O1") -> tidy.Unit:
        entry = {
            "directory": f"{self.root}/build",
            "file": f"{self.root}/src/a.cc",
            "command": f"ccache clang++ -I{self.root}/src {flag} -o a.o -c {self.root}/src/a.cc",
        }
        return tidy.Unit.from_entry(entry)

    def seen(self) -> dict[str, str]:
        return {tidy.portable(path): tidy.digest(path) for path in (f"{self.root}/src/a.cc", f"{self.root}/src/a.h")}


class KnownClean(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.clone = self.enter(Clone(self.folder / "one"))
        self.results = tidy.Results(self.folder / "cache", "configuration")

    def enter(self, clone: Clone) -> Clone:
        patch = mock.patch.object(tidy, "ROOT", clone.root)
        patch.start()
        self.addCleanup(patch.stop)
        return clone

    def remember(self):
        self.results.remember(self.clone.unit(), self.clone.seen())

    def test_nothing_is_known_at_first(self):
        self.assertFalse(self.results.is_clean(self.clone.unit()))

    def test_a_clean_unit_is_known_until_a_file_that_it_includes_changes(self):
        self.remember()
        self.assertTrue(self.results.is_clean(self.clone.unit()))

        self.clone.write("src/a.h", "other header")
        self.assertFalse(self.results.is_clean(self.clone.unit()))

    def test_a_change_and_its_undoing_are_both_known(self):
        self.remember()
        self.clone.write("src/a.h", "other header")
        self.remember()
        self.assertTrue(self.results.is_clean(self.clone.unit()))

        self.clone.write("src/a.h", "header")
        self.assertTrue(self.results.is_clean(self.clone.unit()))

    def test_a_removed_header_makes_it_unknown(self):
        self.remember()
        (self.clone.root / "src/a.h").unlink()
        tidy.digest.cache_clear()

        self.assertFalse(self.results.is_clean(self.clone.unit()))

    def test_other_flags_and_other_configurations_are_unknown(self):
        self.remember()

        self.assertFalse(self.results.is_clean(self.clone.unit("-O2")))
        self.assertFalse(tidy.Results(self.folder / "cache", "other").is_clean(self.clone.unit()))

    def test_another_clone_with_the_same_content_is_known(self):
        self.remember()
        other = self.enter(Clone(self.folder / "two"))
        self.assertTrue(self.results.is_clean(other.unit()))

        other.write("src/a.cc", "other source")
        self.assertFalse(self.results.is_clean(other.unit()))


class Flags(unittest.TestCase):
    def test_leave_out_the_launcher_the_source_and_the_output(self):
        entry = {"directory": "/b", "file": "/s/a.cc", "command": "ccache c++ -DX=1 -MD -MF a.d -o a.o -c /s/a.cc"}
        self.assertEqual(tidy.Unit.from_entry(entry).flags(), ["-DX=1"])


if __name__ == "__main__":
    unittest.main()
