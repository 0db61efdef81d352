#!/bin/sh
# What a spam filter and a mail program make of the mails: those of the golden files, and what
# `affnotify render` prints. check.sh BUILD, a build directory with the programs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$here/../../..
build=$(cd "$1" && pwd)

# Of a fixed name, so that npm need not fetch again what is there.
place=$build/full/smtp
mkdir -p "$place"
cp "$here/package.json" "$here/parse.js" "$place"
(cd "$place" && npm install --silent --no-audit --no-fund --no-package-lock)

work=$(mktemp -d "$place/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 -B "$here/render.py" "$build" "$tree/tests/golden/smtp" "$work"
/usr/bin/python3 -B "$here/same.py" "$place/parse.js" "$work"
/usr/bin/python3 -B "$here/spam.py" "$work"
