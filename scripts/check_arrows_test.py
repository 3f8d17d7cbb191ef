"""Each rule of check_arrows.py, broken once in a small tree. Runs under unittest and pytest."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from check_arrows import Checker  # noqa: E402

GOOD = {
    "src/base/CMakeLists.txt": "doclayout_module(base SOURCES a.cc)  # PUBLIC nothing",
    "src/base/a.h": "",
    "src/types/CMakeLists.txt": "doclayout_module(types\n  SOURCES t.cc\n  PUBLIC base  # arrow\n)",
    "src/types/t.h": '#include "base/a.h"\n',
    "src/http/CMakeLists.txt": "doclayout_module(http SOURCES s.cc PRIVATE types)",
    "src/http/s.cc": '#include <boost/asio.hpp>\n#include "types/t.h"\n#include "http/s.h"\n',
    "src/http/s.h": "",
    "apps/doclayout/CMakeLists.txt": "target_link_libraries(doclayout PRIVATE doclayout::http)",
    "apps/doclayout/main.cc": '#include "http/s.h"\n',
}


def faults(**changed: str) -> list[str]:
    """Checks GOOD with these files changed or added."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **changed}.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return Checker(Path(folder).resolve()).run()


class CheckArrows(unittest.TestCase):
    def assert_one(self, found: list[str], *parts: str) -> None:
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_accepts_a_tree_that_keeps_the_rules(self):
        self.assertEqual(faults(), [])

    def test_refuses_an_arrow_that_is_not_declared(self):
        found = faults(**{"src/base/a.cc": '\n#include "types/t.h"\n'})
        self.assert_one(found, "src/base/a.cc:2:", "base does not declare the edge to types")

    def test_refuses_an_arrow_that_another_module_hands_on(self):
        found = faults(**{"src/http/s.cc": '#include "types/t.h"\n#include "base/a.h"\n'})
        self.assert_one(found, "http does not declare the edge to base")

    def test_refuses_a_program_that_does_not_link_what_it_includes(self):
        found = faults(**{"apps/doclayout/other.cc": '#include "types/t.h"\n'})
        self.assert_one(found, "apps/doclayout does not declare the edge to types")

    def test_refuses_an_edge_that_nothing_uses(self):
        found = faults(**{"src/types/t.h": ""})
        self.assert_one(found, "src/types/CMakeLists.txt", "no include uses the edge from types to base")

    def test_does_not_count_a_test_as_use_of_an_edge(self):
        found = faults(**{"src/types/t.h": "", "src/types/t_test.cc": '#include "base/a.h"\n'})
        self.assert_one(found, "no include uses the edge from types to base")

    def test_refuses_a_cycle(self):
        found = faults(
            **{
                "src/base/CMakeLists.txt": "doclayout_module(base SOURCES a.cc PRIVATE types)",
                "src/base/a.cc": '#include "types/t.h"\n',
            }
        )
        self.assert_one(found, "cycle: base -> types -> base")

    def test_refuses_a_private_edge_behind_an_exported_header(self):
        found = faults(**{"src/types/CMakeLists.txt": "doclayout_module(types SOURCES t.cc PRIVATE base)"})
        self.assert_one(found, "src/types/t.h:1:", "the edge to base is PUBLIC")

    def test_refuses_a_private_edge_behind_a_header_that_an_exported_header_includes(self):
        found = faults(
            **{
                "src/types/CMakeLists.txt": "doclayout_module(types SOURCES t.cc PRIVATE base)",
                "src/types/t.h": '#include "types/inner.h"\n',
                "src/types/inner.h": '#include "base/a.h"\n',
            }
        )
        self.assert_one(found, "src/types/inner.h:1:", "the edge to base is PUBLIC")

    def test_accepts_a_private_edge_behind_a_header_of_the_module_itself(self):
        found = faults(
            **{
                "src/http/inner.h": '#include "types/t.h"\n',
                "src/http/s.cc": '#include "http/inner.h"\n',
            }
        )
        self.assertEqual(found, [])

    def test_lets_tests_use_the_modules_of_their_test_libraries(self):
        cmake = "doclayout_module(base SOURCES a.cc TESTS a_test.cc TEST_LIBRARIES doclayout::types)"
        test = '#include "types/t.h"\n'
        self.assertEqual(faults(**{"src/base/CMakeLists.txt": cmake, "src/base/a_test.cc": test}), [])
        self.assert_one(faults(**{"src/base/a_test.cc": test}), "the tests of base do not declare the edge to types")

    def test_refuses_asio_outside_http_and_in_its_headers(self):
        self.assert_one(faults(**{"src/base/a.cc": "#include <boost/asio/ip/tcp.hpp>\n"}), "src/http/*.cc only")
        self.assert_one(faults(**{"src/http/s.h": "#  include <boost/beast/core.hpp>\n"}), "src/http/*.cc only")
        self.assert_one(faults(**{"apps/doclayout/x.cc": "#include <boost/asio.hpp>\n"}), "src/http/*.cc only")

    def test_refuses_openvino_outside_its_folder(self):
        runtime = {
            "src/runtime/CMakeLists.txt": "doclayout_module(runtime SOURCES openvino/o.cc)",
            "src/runtime/openvino/o.cc": "#include <openvino/openvino.hpp>\n",
        }
        self.assertEqual(faults(**runtime), [])
        found = faults(**runtime, **{"src/runtime/r.h": "#include <openvino/openvino.hpp>\n"})
        self.assert_one(found, "src/runtime/openvino/ only")

    def test_refuses_an_include_that_is_not_written_from_src(self):
        self.assert_one(faults(**{"src/http/t.cc": '#include "s.h"\n'}), "not from src/")
        self.assert_one(faults(**{"src/http/t.cc": '#include "../types/t.h"\n'}), "not from src/")
        self.assert_one(faults(**{"apps/doclayout/x.cc": '#include "../../src/base/a.h"\n'}), "not from src/")

    def test_lets_a_program_include_its_own_files(self):
        own = {"apps/doclayout/own.h": "", "apps/doclayout/own.cc": '#include "own.h"\n'}
        self.assertEqual(faults(**own), [])

    def test_refuses_a_testing_header_outside_tests(self):
        fake = {"src/base/testing/fake.h": ""}
        self.assert_one(faults(**fake, **{"src/base/a.cc": '#include "base/testing/fake.h"\n'}), "is for tests")
        self.assertEqual(faults(**fake, **{"src/base/a_test.cc": '#include "base/testing/fake.h"\n'}), [])

    def test_refuses_a_folder_that_declares_no_module(self):
        found = faults(**{"src/stray/x.cc": "\n"})
        self.assert_one(found, "src/stray", "declares no module")

    def test_ignores_includes_in_comments(self):
        self.assertEqual(faults(**{"src/base/a.cc": '// #include "types/t.h"\n'}), [])


if __name__ == "__main__":
    unittest.main()
