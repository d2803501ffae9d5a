#!/bin/sh
# The long kill campaign: each figure of run.sh by itself, on a site of its own, one behind the other,
# with a line of the ledger for each.  It goes on where it was left: what has its line in DONE is not
# run again.  About 1.5 s a kill, 5 s a guard.
#     sh tests/faults/campaign.sh     from the repository's root, in the build root, after `make faults`
#     KILLS   of each process, default 200; PAIRS of each channel, 50; RUNS of each run, 50
#     DONE    default build/faults/campaign
#     BUSY    as in run.sh: the longest wait is reported, not judged
set -u
kills=${KILLS:-200} pairs=${PAIRS:-50} runs=${RUNS:-50}
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here" || exit 1
file=${DONE:-build/faults/campaign}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
touch "$file"
short=0

# one FIGURE TIMES
one() {
    grep -q "^$1 $2 " "$file" && return
    KILLS=$2 FEW=$2 PAIRS=$2 FIGURE=$1 sh tests/faults/run.sh >"$out/figures" 2>"$out/words"
    status=$?
    grep -v 'rows  the same' "$out/words" >&2
    grep '^figure' "$out/figures"
    [ "$status" -eq 0 ] || short=1
    line=$(grep "^figure $1 = " "$out/figures") || { echo "$1: it ended without a figure" >&2; return; }
    # figure NAME = LOST lost-of-N-in-K-kills …
    lost=$(echo "$line" | cut -d ' ' -f 4) n=$(echo "$line" | sed 's/.*-in-\([0-9]*\)-kills.*/\1/')
    log=$(sed -n 's/^figure log_verifies_after_faults = \([0-9]*\) .*/\1/p' "$out/figures")
    sh tests/faults/ledger.sh add "$1" 0 0 "$n" "$((lost + ${log:-1}))" "under load, on a site of its own"
    [ "$status" -eq 0 ] && echo "$1 $2 $n" >>"$file"
}

for who in worker gateway auditor identity hasher entry keeper supervisor; do one "kill9_$who" "$kills"; done
for who in guard backup rekey intake; do one "kill9_run_$who" "$runs"; done
for two in $(sh tests/faults/channels.sh | tr + _); do one "kill9_$two" "$pairs"; done
exit "$short"
