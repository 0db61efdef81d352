#!/bin/sh
# Installs the Debian packages of etc/packages.txt that are missing: install-packages.sh build test
# Asks nothing, and does not call apt-get when everything is there.
set -eu
here=$(dirname "$0")

missing=""
for purpose in "$@"; do
    for package in $(sed -n "s/^$purpose //p" "$here/packages.txt"); do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "These packages are missing:$missing" >&2
        echo "Install them as root: apt-get install$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
$as_root apt-get update >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
case "$missing " in
*" postfix "*) # the tests start it themselves, so it gets no configuration and is not started
    echo "postfix postfix/main_mailer_type select No configuration" |
        $as_root debconf-set-selections ;;
esac
# Nothing is removed for it: a machine that has another mail server keeps it, and is told so.
# shellcheck disable=SC2086  # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends --no-remove $missing >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
rm -f "$log"
