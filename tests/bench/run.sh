#!/bin/sh
# The figures of this machine: prints one a line, ends with 1 if one is short.  FIGURE=NAME prints one.
top=$(cd "$(dirname "$0")/../.." && pwd)
code=0
case ${FIGURE:-policy} in
policy*)
    "$top/build/bench/decide" "$top/policy/site/site.tests.json" "$top"/policy/site/*.cedar || code=1
    "$top/build/bench/impact" "$top"/policy/site/*.cedar || code=1
    [ -z "${FIGURE:-}" ] || exit "$code" ;;
esac
# shellcheck source=site.sh
. "$(dirname "$0")/site.sh"
bench=$(realpath "${BENCH:-$here/build/bench/bench}")
plan_make 180 25
# the limit is measured where the site lies: the same disk, the same file system
direct=$(mktemp -d "$CASEMATE_SITE.direct.XXXXXX")
(cd "$direct" && timeout 100 "$bench" "$plan") || code=1
rm -rf "$direct"
exit "$code"
