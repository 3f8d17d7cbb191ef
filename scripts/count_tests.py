"""Adds up JUnit result files and prints one line: `count_tests.py FOLDER SUITES_THAT_FAILED`.

Exits 0 only when cases ran and nothing failed. A suite can fail without a failed case (a crash leaves no result file), so
the number of suites that failed is given too, and counts when there are fewer failed cases.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def count(folder: Path) -> tuple[int, int, int]:
    """Returns how many cases passed, failed and were skipped."""
    passed = failed = skipped = 0
    for file in folder.glob("*.xml"):
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                skipped += 1
            else:
                passed += 1
    return passed, failed, skipped


def main() -> int:
    passed, failed, skipped = count(Path(sys.argv[1]))
    failed = max(failed, int(sys.argv[2]))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
