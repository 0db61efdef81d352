#!/bin/sh
# Has the reference library of Standard Webhooks and Svix's verify what the webhook sink sent, and refuse
# it when a byte is flipped; then has nginx ask the sink for its certificate. check.sh BUILD, a build
# directory with the programs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)

# Of a fixed name, so that npm need not fetch again what is there.
place=$build/full/webhook
mkdir -p "$place"
cp "$here/package.json" "$here/verify.mjs" "$place"
(cd "$place" && npm install --silent --no-audit --no-fund --no-package-lock)

work=$(mktemp -d "$place/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
AFFN_BUILD=$build /usr/bin/python3 -B "$here/capture.py" "$work"
node "$place/verify.mjs" "$work/captured.json"

cd "$here/../../system"
AFFN_BUILD=$build AFFN_NGINX=1 /usr/bin/python3 -B -m pytest -q -p no:cacheprovider test_webhook_roads.py -k nginx
