#!/bin/sh
# run.sh SITES LOG: in a network namespace of its own, make training sites and run the tests that
# need the real product: the browser's on one site, the command line's on another.
set -u
sites=$1 log=$2
ip link set lo up
site() { # site NAME PORT
    casemate training create "$sites/$1" --port "$2" >"$log/$1" 2>&1 &&
        casemate training start "$sites/$1" >>"$log/$1" 2>&1 ||
        { echo "  FAILED  the site $1 does not start (1)"; tail -n 12 "$log/$1" "$sites/$1/log"; return 1; }
    export CASEMATE_SITE="$sites/$1" CASEMATE_CARD="$sites/$1/card.json"
}
run() { # run NAME SECONDS COMMAND...
    name=$1 limit=$2 out=$log/system.$lane; shift 2
    if [ "$1" = figures ]; then figures >"$out" 2>&1; else timeout "$limit" "$@" >"$out" 2>&1; fi; status=$?
    p=$(grep -c '^ok ' "$out") f=$(grep -c '^not ok ' "$out")
    [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    if [ "$f" -eq 0 ] && [ "$p" -gt 0 ]; then
        echo "  ok      $name ($p)"
        return
    fi
    {
        echo "  FAILED  $name ($f of $((p + f)))"
        # every line that is not a good one, so that a failure far up is seen, too
        grep -vE '^(ok |1\.\.|figure .* (ok|reported)$)' "$out" | sed 's/^/      /'
        tail -n 6 "$out" | sed 's/^/      | /'
        [ -z "${CASEMATE_SITE:-}" ] || tail -n 6 "$CASEMATE_SITE/log" | sed 's/^/      site: /'
    } >"$out.told"
    cat "$out.told" # at once: another lane prints, too
}
in_browser() {
    lane=browser
    site browser 7410 || return
    run "browser" 600 sh tests/browser/run.sh "$CASEMATE_CARD"
    casemate training stop "$sites/browser" >/dev/null 2>&1
}
on_the_line() { # on_the_line LANE PORT TEST...: those of them that take the site as it is
    lane=$1
    site "$lane" "$2" || return
    shift 2
    for t; do
        has_its_own "$t" || run "$(basename "$t" .sh)" 240 sh "$t"
    done
    casemate training stop "$sites/$lane" >/dev/null 2>&1
}
# Those that make every site they need, one behind the other: on what ports are free, or their own.
has_its_own() { case ${1##*/} in 00-* | 09-* | 10-* | 26-* | 27-* | 28-* | 31-* | 32-* | 34-* | 36-*) ;; *) return 1 ;; esac; }
on_their_own() {
    lane=own
    for t in tests/system/[0-3][0-9]-*.sh; do
        ! has_its_own "$t" || run "$(basename "$t" .sh)" 240 sh "$t"
    done
}
# mostly they wait: for a page, for a minute to pass
in_browser &
on_their_own &
on_the_line first 7420 tests/system/0?-*.sh tests/system/1[0-6]-*.sh &
on_the_line second 7430 tests/system/1[7-9]-*.sh tests/system/[23]?-*.sh
wait
lane=alone
unset CASEMATE_SITE CASEMATE_CARD
# the bounded part of the fault campaign; each figure that is "ok" is a test that passed
figures() { BUSY=1 sh tests/faults/run.sh >"$log/figures" 2>"$log/words"; status=$?; cat "$log/words" "$log/figures"; awk '/^figure/ && $NF != "reported" { print ($NF == "ok" ? "ok " : "not ok ") $2 }' "$log/figures"; return $status; }
run "faults" 400 figures
