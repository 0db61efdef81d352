#!/bin/sh
# A sink for `plugin = exec` with `mode = once`: POSTs events to $URL.
while read -r id attempt kind event; do
    [ "$kind" = test ] && echo "would POST $id" && continue
    curl --silent --show-error --fail --max-time 5 \
        --header "webhook-id: $id" \
        --header 'Content-Type: application/json' \
        --data-raw "$event" "$URL" || exit 75
done
