#!/bin/sh
# wrk posts 100,000 events by HTTPS while the bus is killed five times: what got a 202 is in the
# journal once. check.sh BUILD, a build directory with the programs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
AFFN_BUILD=$build /usr/bin/python3 -B "$here/load.py" "$work"
