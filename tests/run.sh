#!/bin/sh
# What CI runs: installs what is missing, builds with the sanitizers, checks the format, and runs all
# tests. Then builds as a newcomer would, without preset and without tests.
set -eu
cd "$(dirname "$0")/.."

sh etc/install-packages.sh build quickstart test

echo "== format"
git ls-files '*.c' '*.h' | grep -v '^include/affnotify/' | xargs clang-format --dry-run -Werror

echo "== build with sanitizers"
cmake --preset debug >/dev/null
cmake --build --preset debug

echo "== build as a newcomer would"
cmake -S . -B build/plain -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >/dev/null
cmake --build build/plain
build/plain/bin/affnotify --version

echo "== test"
ctest --preset debug
