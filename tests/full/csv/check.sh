#!/bin/sh
# Reads files of the csv sink back with Python, SQLite, csv-parse of npm and LibreOffice, with formulas
# in every field; then kills the sink two hundred times while its files get full. check.sh BUILD, a
# build directory with the programs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)

# Of a fixed name, so that npm need not fetch again what is there.
place=$build/full/csv
mkdir -p "$place"
cp "$here/package.json" "$place"
(cd "$place" && npm install --silent --no-audit --no-fund --no-package-lock)

work=$(mktemp -d "$place/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 -B "$here/read_back.py" "$build" "$work" "$place"

cd "$here/../../system"
AFFN_BUILD=$build AFFN_CSV_KILLS=200 /usr/bin/python3 -B -m pytest -q -s -p no:cacheprovider \
    --basetemp="$work/pytest" test_csv.py -k killed
