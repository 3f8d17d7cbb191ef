"""What count_tests.py counts. Runs under unittest and pytest."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parent / "count_tests.py"
GOOD = '<testcase name="a" status="run"/>'
BAD = '<testcase name="b"><failure/></testcase>'
BROKEN = '<testcase name="c"><error/></testcase>'
SKIPPED = '<testcase name="d"><skipped/></testcase>'


def count(*files: str, failed_suites: int = 0) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        for number, cases in enumerate(files):
            Path(folder, f"{number}.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
        run = subprocess.run(
            [sys.executable, SCRIPT, folder, str(failed_suites)], capture_output=True, text=True, check=False
        )
    return run.returncode, run.stdout


class CountTests(unittest.TestCase):
    def test_adds_up_files(self):
        self.assertEqual(count(GOOD + GOOD, GOOD), (0, "3 passed, 0 failed\n"))

    def test_counts_failures_and_errors(self):
        self.assertEqual(count(GOOD + BAD, BROKEN), (1, "1 passed, 2 failed\n"))

    def test_names_skipped_cases(self):
        self.assertEqual(count(GOOD + SKIPPED), (0, "1 passed, 0 failed, 1 skipped\n"))

    def test_a_suite_that_left_no_result_counts_as_a_failure(self):
        self.assertEqual(count(GOOD, failed_suites=1), (1, "1 passed, 1 failed\n"))

    def test_fails_when_nothing_ran(self):
        self.assertEqual(count(), (1, "0 passed, 0 failed\n"))


if __name__ == "__main__":
    unittest.main()
