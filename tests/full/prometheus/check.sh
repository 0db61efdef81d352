#!/bin/sh
# Checks the alert rules with Prometheus's own tool, and what a bus with sinks in every state says at
# /metrics. check.sh BUILD, a build directory with the programs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$here/../../..
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

promtool check rules "$tree/etc/prometheus/affnotify-alerts.yml"
cp "$tree/etc/prometheus/affnotify-alerts.yml" "$here/alerts_test.yml" "$work"
promtool test rules "$work/alerts_test.yml"

AFFN_BUILD=$build /usr/bin/python3 -B "$here/scrape.py" "$work" >"$work/metrics"
found=$(promtool check metrics <"$work/metrics" 2>&1) || { echo "$found" >&2; exit 1; }
[ -z "$found" ] || { echo "$found" >&2; exit 1; }
echo "promtool has nothing to say against $(grep -c '^# TYPE' "$work/metrics") metrics"

# Every metric that a rule asks for is there.
for metric in $(grep -o 'affnotify_[a-z_]*' "$tree/etc/prometheus/affnotify-alerts.yml" | sed 's/_bucket$//' | sort -u); do
    grep -q "^# TYPE $metric " "$work/metrics" || { echo "no metric $metric" >&2; exit 1; }
done

echo "affnotify_x{y=\"z\"} one" >"$work/broken"
if promtool check metrics <"$work/broken" >/dev/null 2>&1; then
    echo "a broken scrape was accepted: the check checks nothing" >&2
    exit 1
fi
