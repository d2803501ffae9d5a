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
# directly NAME PROGRAM ARGUMENT...: in a directory of its own, where sites lie: the same disk
directly() {
    place=$(mktemp -d "${CASEMATE_SITES:-/var/lib/casemate}/figures-$1.XXXXXX"); shift
    (cd "$place" && timeout 200 "$@") || code=1
    rm -rf "$place"
}
case ${FIGURE:-} in
'' | group_commit_ratio | encryption_ratio)
    directly commit "$top/build/bench/commit"
    [ -z "${FIGURE:-}" ] || exit "$code" ;;
esac
case ${FIGURE:-} in
'' | backup_ratio)
    directly copy "$top/build/bench/copy"
    [ -z "${FIGURE:-}" ] || exit "$code" ;;
esac
case ${FIGURE:-} in
'' | idle_worker_private | hello_tls)
    # shellcheck source=production.sh
    (. "$(dirname "$0")/production.sh"; exit "$code") || code=1
    [ -z "${FIGURE:-}" ] || exit "$code" ;;
esac
# shellcheck source=site.sh
. "$(dirname "$0")/site.sh"
bench=$(realpath "${BENCH:-$here/build/bench/bench}")
stations() { # floor|list [FIGURE], with the plan: where the site lies, because the disk is measured too
    place=$(mktemp -d "$CASEMATE_SITE.stations.XXXXXX")
    mkdir "$place/backups.d"
    BACKUP="casemate backup --site $CASEMATE_SITE $place/backups.d"
    export BACKUP
    (cd "$place" && FIGURE=${2:-${FIGURE:-}} timeout 300 "$here/build/bench/stations" "$1" "$plan") || code=1
    rm -rf "$place"
}
case ${FIGURE:-} in
'' | task_list_20)
    # as many units as make twenty rows
    all=$operators operators='CW-2001 CW-2002'
    rows=$(enter CW-2001 "$program" >"$work/token" && get "$program" "$(cat "$work/token")" /api/tasks && answer '.tasks | length')
    plan_make $((20 - rows)) 3
    stations list
    [ -z "${FIGURE:-}" ] || exit "$code"
    operators=$all stamp=${stamp}l ;;
esac
case ${FIGURE:-} in
'' | sign_in_rate | completion_p99_with_sign_ins)
    # everybody signs in but those whose tokens the plan holds: three more would end their sessions
    all=$operators operators='CW-2001 CW-2002'
    plan_make 100 8
    {
        echo "${entry##*:}"
        card --arg not "$operators" \
            '($not | split(" ")) as $out | .people[] | select(.badge | IN($out[]) | not) | "\(.badge) \(.pin)"'
    } >"$work/people"
    timeout 200 "$(realpath "${SIGN_IN:-$here/build/bench/signin}")" "$plan" "$work/people" || code=1
    [ -z "${FIGURE:-}" ] || exit "$code"
    operators=$all stamp=${stamp}x ;;
esac
# shellcheck source=officer.sh
. "$(dirname "$0")/officer.sh"
case ${FIGURE:-} in
'' | revocation* | existence*)
    all=$operators operators='CW-2002'
    plan_make 40 3
    case ${FIGURE:-} in
    revocation*) officer_figures revoke || code=1 ;;
    existence*) officer_figures exist || code=1 ;;
    *) officer_figures revoke exist || code=1 ;;
    esac
    [ -z "${FIGURE:-}" ] || exit "$code"
    operators=$all stamp=${stamp}y ;;
esac
case ${FIGURE:-} in
'' | completion_1_* | completion_8_* | projection_cpu_*)
plan_make 180 25
# the limit is measured where the site lies: the same disk, the same file system
direct=$(mktemp -d "$CASEMATE_SITE.direct.XXXXXX")
(cd "$direct" && timeout 100 "$bench" "$plan") || code=1
rm -rf "$direct"
[ -z "${FIGURE:-}" ] || exit "$code"
stamp=${stamp}z ;;
esac
# the last ones: they leave operations behind that somebody has started
case ${FIGURE:-} in
'' | cold_start)
    all=$operators operators='CW-2001 CW-2002'
    plan_make 40 3
    timeout 250 "$here/build/bench/cold" "$plan" || code=1
    [ -z "${FIGURE:-}" ] || exit "$code"
    operators=$all stamp=${stamp}c ;;
esac
case ${FIGURE:-} in
'' | completion_p99_with_backup)
    all=$operators operators='CW-2001 CW-2002'
    plan_make 1500 8
    stations floor completion_p99_with_backup
    [ -z "${FIGURE:-}" ] || exit "$code"
    operators=$all stamp=${stamp}b ;;
esac
case ${FIGURE:-} in
'' | completion_64_* | projection_lag* | worker_cpu_* | completion_of_postgresql)
    all=$operators operators='CW-2001 CW-2002'
    plan_make 10000 62
    # shellcheck source=postgresql.sh
    . "$(dirname "$0")/postgresql.sh"
    POSTGRESQL=
    [ "${FIGURE:-}" != completion_of_postgresql ] || postgresql_install || code=1
    if [ -n "$(postgresql_bin)" ]; then
        postgresql_start "$(mktemp -d "$CASEMATE_SITE.postgresql.XXXXXX")" && postgresql_rate 3 >/dev/null &&
            POSTGRESQL=$(for _ in 1 2 3; do postgresql_rate 4; done | sort -n | sed -n 2p) || code=1
        postgresql_stop
    fi
    export POSTGRESQL
    stations floor
    [ -z "${FIGURE:-}" ] || exit "$code"
    operators=$all stamp=${stamp}f ;;
esac
[ -n "$POSTGRESQL" ] || echo "figure completion_of_postgresql skipped: there is no PostgreSQL here; FIGURE=completion_of_postgresql make bench installs it"
exit "$code"
