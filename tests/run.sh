#!/bin/sh
# What CI runs: installs what is missing, builds with the sanitizers, checks the format, and runs all
# tests. Then builds as a newcomer would, without preset and without tests. With --full it also runs
# what stands in tests/full: that is slow, or needs packages from a registry.
set -eu
cd "$(dirname "$0")/.."

full=no
case "${1-}" in
"") ;;
--full) full=yes ;;
*)
    echo "usage: run.sh [--full]" >&2
    exit 2
    ;;
esac

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
[ "$full" = yes ] || exit 0

echo "== full: packages"
sh etc/install-packages.sh full
# Node.js from elsewhere is as good as Debian's, and the two do not go together.
command -v npm >/dev/null || sh etc/install-packages.sh node

for check in tests/full/*/check.sh; do
    echo "== full: $check"
    sh "$check" build/debug
done
