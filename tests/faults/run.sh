#!/bin/sh
# The fault campaign: while eight stations work, processes are killed with SIGKILL at random
# moments, [KILLS times, default 20] worker and gateway, a quarter as often auditor and identity.
# Prints a figure a line; ends with 1 if one is short.  FIGURE=NAME prints and does only one.
# shellcheck source=../bench/site.sh
. "$(dirname "$0")/../bench/site.sh"
program_faults=${FAULTS:-$here/build/bench/faults}
kills=${KILLS:-20}
few=$(((kills + 3) / 4))
# the units of one order must last for the whole campaign
pause=$((kills > 20 ? 12 * kills / 20 : 12))
only=${FIGURE:-}

wanted() { [ -z "$only" ] || [ "$only" = "$1" ] || [ "$only" = log_verifies_after_faults ]; }
# 0.15 s to 0.55 s
random_pause() { sleep "0.$(awk -v r="$(od -An -N2 -tu2 /dev/urandom)" 'BEGIN { printf "%03d", 150 + r % 400 }')"; }

# ready PROGRAM ENCLAVE NOT: wait for one that is ready and is not the process NOT
ready() {
    for _ in $(seq 1 50); do
        pid=$(process_id "$1" "$2")
        [ -n "$pid" ] && [ "$pid" != "$3" ] && { echo "$pid"; return; }
        sleep 0.1
    done
    say "$1 does not come back"
}

# campaign NAME PROGRAM ENCLAVE TIMES
campaign() {
    wanted "$1" || return 0
    echo "phase $1"
    pid=$(ready "$2" "$3" 0)
    for _ in $(seq 1 "$4"); do
        random_pause
        kill -9 "$pid" && echo "$1" >>"$work/kills"
        pid=$(ready "$2" "$3" "$pid")
        [ -n "$pid" ] || return 0
    done
    sleep 0.5
}

commands() {
    sleep 0.5
    campaign kill9_worker worker "$enclave" "$kills"
    campaign kill9_gateway gateway "$enclave" "$kills"
    campaign kill9_auditor auditor "" "$few"
    campaign kill9_identity identity "" "$few"
    echo end
}

plan_make 180 "${OPERATIONS:-40}"
: >"$work/kills"
commands | timeout "${LIMIT:-$((60 + 3 * kills))}" "$program_faults" "$plan" "$pause" >"$work/found" || give_up "the load ended: $(cat "$work/found")"

short=0
# figure NAME VALUE UNIT
figure() {
    [ "$2" -eq 0 ] && said=ok || { said=short; short=1; }
    echo "figure $1 = $2 $3 (limit 0, ratio $2, wants 0) $said"
}
for name in kill9_worker kill9_gateway kill9_auditor kill9_identity; do
    wanted "$name" || continue
    [ "$only" = log_verifies_after_faults ] && continue
    line=$(grep "^phase $name " "$work/found") || give_up "nothing was found out about $name"
    # phase NAME acknowledged N again N lost N slow N longest-ms N signed-out N
    # shellcheck disable=SC2086
    set -- $line
    n=$(grep -c "^$name\$" "$work/kills")
    say "$name: ${6} sent again, longest wait ${12} ms, waits over 5 s: ${10}, told to badge in again: ${14}"
    wants=$kills
    case $name in kill9_auditor | kill9_identity) wants=$few ;; esac
    [ "$n" -eq "$wants" ] && [ "$4" -gt 0 ] || { say "$name: $n of $wants kills, $4 acknowledged"; short=1; }
    figure "$name" "$(($8 + ${10}))" "lost-of-$4-in-$n-kills"
done

# log events N wanted N again N refused N units-differ N
# shellcheck disable=SC2046
set -- $(grep '^log ' "$work/found")
say "events: $3 in the log, $5 acknowledged, $7 after every request came again; $9 refused; ${11} units differ"
wrong=$(($9 + ${11}))
[ "$3" -eq "$5" ] || wrong=$((wrong + 1))
[ "$7" -eq "$5" ] || wrong=$((wrong + 1))
for command in verify replay; do
    timeout 60 casemate "$command" --site "$CASEMATE_SITE" "$enclave" >"$work/$command" 2>&1 || wrong=$((wrong + 1))
    say "$command: $(cat "$work/$command")"
done
grep -q '0 tables differ' "$work/replay" || wrong=$((wrong + 1))
figure log_verifies_after_faults "$wrong" "wrong-of-$5-events"
exit "$short"
