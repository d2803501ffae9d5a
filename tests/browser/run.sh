#!/bin/sh
# run.sh CARD: walk the running product with Debian's Chromium.  CARD is the
# JSON file that line.test.mjs describes.  The caller has started the product,
# and may have put this and it into a network namespace with loopback only.
set -eu
[ $# -eq 1 ] || { echo "usage: run.sh CARD" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
[ -d "$top/appliance/ui/node_modules/playwright-core" ] ||
    { echo "run.sh: build the page first (appliance/ui/build.sh)" >&2; exit 2; }
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
HOME=$home CASEMATE_CARD=$(realpath "$1") \
    CASEMATE_SCREENSHOTS=${CASEMATE_SCREENSHOTS:-$top/build/screenshots} \
    node --test --test-concurrency=1 "$here/line.test.mjs"
