#!/bin/sh
# All tests with a release build, for some figures mean nothing under the sanitizers, and some counts
# as large as they are meant to be: 100,000 events by HTTPS, a million lines. check.sh BUILD, the
# build directory beside which the release is built.
set -eu
tree=$(cd "$(dirname "$0")/../../.." && pwd)
place=$(cd "$1" && pwd)/full/release

cmake -S "$tree" -B "$place" -G Ninja -DCMAKE_BUILD_TYPE=Release -DAFFN_WERROR=ON >/dev/null
cmake --build "$place"
AFFN_HTTP_EVENTS=100000 AFFN_BULK_LINES=1000000 ctest --test-dir "$place" --output-on-failure
