#!/bin/sh
# run.sh CARD [TEST...]: walk the running product with Debian's Chromium.  CARD is
# the JSON file that walk.mjs describes; a TEST is a file beside this one, all of
# them when none is named.  The caller has started the product, and may have put
# this and it into a network namespace with loopback only.
set -eu
[ $# -ge 1 ] || { echo "usage: run.sh CARD [TEST...]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
[ -d "$top/appliance/ui/node_modules/playwright-core" ] ||
    { echo "run.sh: build the page first (appliance/ui/build.sh)" >&2; exit 2; }
card=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- "$here"/*.test.mjs
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
HOME=$home CASEMATE_CARD=$card \
    CASEMATE_SCREENSHOTS=${CASEMATE_SCREENSHOTS:-$top/build/screenshots} \
    node --test --test-concurrency=1 "$@"
