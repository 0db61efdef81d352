#!/bin/sh
# Installs what is needed, builds affnotify, and shows affiliate events going out to a webhook and to a
# CRM's CSV file. Asks nothing, leaves nothing running, and can be run again.
set -eu
cd "$(dirname "$0")/.."
build=build/release
bin=$PWD/$build/bin

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }

# wait_for WHAT COMMAND...: until the command succeeds, at most 20 seconds.
wait_for() {
    what=$1
    shift
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || {
            echo "gave up waiting for $what; the bus said:" >&2
            cat "$demo/log" >&2
            exit 1
        }
        sleep 0.1
    done
}

demo=$(mktemp -d)
bus="" receiver=""
clean_up() {
    for process in $bus $receiver; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$demo"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say "1. Installing packages that are missing, and building (a minute or two the first time)"
sh etc/install-packages.sh build quickstart
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >/dev/null
ninja -C "$build" >"$demo/build" || {
    cat "$demo/build" >&2
    exit 1
}
tail -n 1 "$demo/build"


say "2. Starting an HTTPS endpoint on loopback, and the bus with two sinks"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$demo/key.pem" -out "$demo/certificate.pem" 2>/dev/null
/usr/bin/python3 etc/examples/receiver.py "$demo/certificate.pem" "$demo/key.pem" "$demo" &
receiver=$!
wait_for "the endpoint" test -s "$demo/port"

printf 'a-token-for-this-demonstration\n' >"$demo/token"
cat >"$demo/affnotify.ini" <<INI
[bus]
state = $demo/state
socket = $demo/bus.sock

[sink:crm]
plugin = csv
path = $demo/crm.csv

[sink:backend]
plugin = webhook
url = https://localhost:$(cat "$demo/port")/affiliates
bearer_token = file:$demo/token
ca_file = $demo/certificate.pem
INI
cat "$demo/affnotify.ini"
"$bin/affnotifyd" -c "$demo/affnotify.ini" 2>"$demo/log" &
bus=$!
wait_for "the bus" "$bin/affnotify" status -c "$demo/affnotify.ini" --json >/dev/null

say "3. Handing in the two example events, then a file of four"
"$bin/affnotify" emit -c "$demo/affnotify.ini" --jsonl etc/examples/spec.jsonl | tee "$demo/ids"
"$bin/affnotify" emit -c "$demo/affnotify.ini" --jsonl etc/examples/affiliates.jsonl
delivered() {
    [ "$(wc -l <"$demo/crm.csv")" -eq 7 ] && [ "$(grep -c '^POST ' "$demo/requests")" -eq 6 ]
}
wait_for "six events at both sinks" delivered
settled() {
    [ "$("$bin/affnotify" status -c "$demo/affnotify.ini" --json | grep -o '"delivered": *6' | wc -l)" -eq 2 ]
}
wait_for "the journal" settled

say "4. affnotify status"
"$bin/affnotify" status -c "$demo/affnotify.ini"

say "5. affnotify trace: the life of the first event"
"$bin/affnotify" trace -c "$demo/affnotify.ini" "$(head -n 1 "$demo/ids")"

say "6. What the CRM imports"
cat "$demo/crm.csv"

say "7. The first request that the webhook got (its token blotted out)"
sed -e '/^$/{n;q' -e '}' -e 's/\(Bearer \).*/\1••••/' "$demo/requests" | tr -d '\r'

say "What next"
cat <<NEXT
* Write your own configuration:     cp etc/affnotify.ini . and fill in its blanks
* What can a sink do?               $build/bin/affnotify describe slack
* Look at it before you start it:   $build/bin/affnotify check -c affnotify.ini
* Send a marked sample:             $build/bin/affnotify test crm -c affnotify.ini
* Start the bus:                    $build/bin/affnotifyd -c affnotify.ini
* Hand in an event:                 $build/bin/affnotify emit created --email ada@example.com -c affnotify.ini
* Write a sink of your own:         include/affnotify/README.md
* Run the tests:                    sh tests/run.sh
NEXT
