"""Tests of the SENAITE server itself: is it as SENAITE is?

    python3 tests/senaite/test_server.py

Each test names a measured answer of SENAITE 2.6.0.  The last line printed is
"N passed, N failed".
"""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

MODULES = ["test_reading", "test_writing", "test_rest", "test_companion",
           "test_playing"]


def main():
    suite = unittest.defaultTestLoader.loadTestsFromNames(MODULES)
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    bad = len(result.failures) + len(result.errors)
    sys.stderr.flush()
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
