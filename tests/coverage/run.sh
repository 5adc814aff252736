#!/bin/sh
# run.sh: all tests in a build that counts, then what they reached.
#
#	sh tests/coverage/run.sh BUILD_FOLDER
#
# Exit 1 if a test fails or a room is below the floor.
set -u
cd "$(dirname "$0")/../.." || exit 1
find "$1" -name '*.gcda' -delete
sh tests/run.sh "$1"
tests=$?
python3 tests/coverage/measure.py "$1" && exit "$tests"
