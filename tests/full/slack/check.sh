#!/bin/sh
# Type-checks Slack messages with Slack's own types: the golden files, and what `affnotify render`
# prints. check.sh BUILD, a build directory with the programs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$here/../../..
build=$(cd "$1" && pwd)

# Of a fixed name, so that npm need not fetch again what is there.
place=$build/full/slack
mkdir -p "$place"
cp "$here/package.json" "$place"
(cd "$place" && npm install --silent --no-audit --no-fund --no-package-lock)

work=$(mktemp -d "$place/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 -B "$here/render.py" "$build" "$work"
/usr/bin/python3 -B "$here/messages.py" "$work" "$tree"/tests/golden/slack/*.json \
    "$work"/render_*.json

compile() {
    (cd "$work" && ../node_modules/.bin/tsc --noEmit --strict --exactOptionalPropertyTypes \
        --target es2022 --module nodenext --moduleResolution nodenext "$1")
}
compile messages.ts
echo "the types accept them"
if compile broken.ts >"$work/refusal"; then
    echo "a misspelt field was accepted: the check checks nothing" >&2
    exit 1
fi
grep -q emojis "$work/refusal" || { cat "$work/refusal" >&2; exit 1; }
echo "a misspelt field is refused"
