#!/bin/sh
# The faults below the programs and the simulator: a figure a line; ends with 1 if one is short.
#   sh tests/faults/below.sh [short|long]     from the repository's root, after `make build/faults/...`
# short: a few seconds each, by a seed of the day, so that every run tries others.  long: the
# campaign.  SEED=S begins there, so that a campaign goes on where it was left; COUNT=N takes another
# number of seeds.  FIGURE=NAME does only one.
set -u
how=${1:-long}
bin=${FAULT_PROGRAMS:-build/faults}
seed=${SEED:-$(date +%Y%m%d)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
if [ "$how" = short ]; then count=${COUNT:-150} power="--transactions 60 --variants 2" flips=250 every=97
else count=${COUNT:-10000} power="" flips=10000 every=1; fi

# one NAME PROGRAM ARGUMENTS...: what it prints; what it says of each of many goes to standard error
one() {
    name=$1; shift
    [ -z "${FIGURE:-}" ] || [ "$FIGURE" = "$name" ] || return 0
    "$@" >"$work/out" 2>/dev/null || status=1
    grep -v '^figure' "$work/out" | tail -n 20 >&2
    grep '^figure' "$work/out" || { echo "figure $name = 1 ended-without-a-figure (limit 0, ratio 1, wants 0) short"; status=1; }
}

# shellcheck disable=SC2086
one power_cut "$bin/power_cut" --seed "$seed" $power
one kth_call "$bin/kth" --every "$every"
one bit_flips "$bin/flips" --seed "$seed" --count "$flips"
one key_in_core "$bin/core" "$work"
one simulator "$bin/simulator" --seeds "$seed" "$count"
one kth_worker "$bin/simulator" --kth 5 --every "$every"

# the same seed, the same answers and the same log
if [ -z "${FIGURE:-}" ] || [ "$FIGURE" = same_seed ]; then
    differ=0 n=0
    for s in 3 5 8 13 21; do
        n=$((n + 1))
        a=$("$bin/simulator" --seed "$s" 2>/dev/null) b=$("$bin/simulator" --seed "$s" 2>/dev/null)
        [ -n "$a" ] && [ "$a" = "$b" ] || differ=$((differ + 1))
    done
    [ "$differ" -eq 0 ] && said=ok || { said=short; status=1; }
    echo "figure same_seed = $differ other-answers-of-$n-seeds (limit 0, ratio $differ, wants 0) $said"
fi
exit "$status"
