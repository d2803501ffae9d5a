#!/bin/sh
# How many branches of the code that decides about keys, access, record and messages the tests take:
# the units, the failing calls, the changed files and the simulator, built for counting by `make
# coverage`.  Prints a figure a group, and before it what its files lack; a line of
# tests/coverage.except names a branch that nothing can take, and why.
#     coverage.sh           run the tests, then count
#     coverage.sh FILE...   each line of FILE with a branch that was not taken, of the last run
# What is confined cannot write its counts down, so the system tests' processes are not among them:
# their code is driven here by the units and, the real worker and auditor, by the simulator.
set -u
cd "$(dirname "$0")/.."
b=build/coverage
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# lines FILE: of each line with branches: its number, how many, how many were taken, its text
lines() {
    gcov -b -c -t -o "$b/obj/$(dirname "$1")" "$1" 2>/dev/null | awk -v want="$1" '
        /^ *-: *0:Source:/ { on = ($0 ~ "Source:" want "$") }
        !on { next }
        /^branch/ { n++; if ($4 + 0 > 0) taken++; next }
        /^(call|unconditional|function)/ { next }
        { if (n) print at "\t" n "\t" taken + 0 "\t" text; n = taken = 0
          at = $0; sub(/^[^:]*: */, "", at); text = at; sub(/:.*/, "", at); sub(/^[0-9]*:/, "", text) }
        END { if (n) print at "\t" n "\t" taken + 0 "\t" text }'
}
if [ $# -gt 0 ]; then
    for file; do lines "$file" | awk -F '\t' -v f="$file" '$2 > $3 { print f ":" $1 ": " $3 " of " $2 ": " $4 }'; done
    exit
fi

find "$b" -name '*.gcda' -delete
for t in $(find "$b/tests" -type f -name 'test_*' -perm -u+x | sort); do
    case $t in */sandbox/* | */test_run) continue ;; esac
    apart=
    # whose children give up their own calls cannot add to a file of counts: they would begin it anew
    grep -q seccomp "${t#"$b"/tests/}.c" && apart=$out/apart
    GCOV_PREFIX=$apart timeout 120 "$t" >"$out/log" 2>&1 || echo "# ${t#"$b"/tests/tests/} failed"
    [ -d "$out/apart" ] || continue
    gcov-tool merge -o "$out/merged" "$PWD/$b/obj" "$out/apart$PWD/$b/obj" >"$out/log" 2>&1 && cp -r "$out/merged/." "$b/obj/"
    rm -rf "$out/apart" "$out/merged"
done
sh tests/policy/tool.sh "$b/bin/casemate-policy" >"$out/log" 2>&1 || echo "# the policy tool failed"
FAULT_PROGRAMS=$b/faults COUNT=${SEEDS:-60} sh tests/faults/below.sh short >"$out/log" 2>&1 || echo "# the faults below failed"

short=0
# group NAME FILE...
group() {
    name=$1; shift
    for file in "$@"; do
        lines "$file" >"$out/lines"
        [ -s "$out/lines" ] || { echo "# $file: not run"; short=1; }
        awk -F '\t' -v f="$file" '
            FNR == NR { if ($0 !~ /^#/ && index($1, f ":") == 1) { split($1, p, ":"); but[p[2]] = $2; says[p[2]] = $3 } next }
            { all += $2; taken += $3; lacks = $2 - $3
              if ($1 in but) {
                  if (index($4, says[$1]) == 0) { print "stale " f ":" $1; next }
                  lacks = lacks < but[$1] ? lacks : but[$1]; none += lacks } }
            END { print "sum", all + 0, taken + 0, none + 0 }' tests/coverage.except "$out/lines" >"$out/file"
        sed -n 's/^stale/# tests\/coverage.except names another line:/p' "$out/file" | grep . && short=1
        sed -n 's/^sum //p' "$out/file" | sed "s|^|$file |" >>"$out/group.$name"
        awk -v f="$file" '/^sum/ && $2 > $3 + $4 { printf "# %-36s %d of %d, and %d that cannot be taken\n", f, $3, $2, $4 }' "$out/file"
    done
    awk -v name="$name" '{ all += $2; taken += $3; none += $4 }
        END { v = all > none ? 100 * taken / (all - none) : 0; said = v >= 95 ? "ok" : "short"
              printf "figure branch_coverage_%s = %.1f percent-of-%d (limit 100, ratio %.2f, wants 0.95) %s\n", name, v, all - none, v / 100, said
              exit said != "ok" }' "$out/group.$name" || short=1
}
group keys enclave/keys/keyring.c enclave/keys/keyring_file.c enclave/keys/keyring_holders.c enclave/keys/keyring_text.c \
    crypto/seal.c crypto/shares.c crypto/share_text.c crypto/derive.c
group decision appliance/decide.c policy/decide.c policy/eval.c policy/value.c policy/index.c appliance/holder.c appliance/attribute.c
group audit enclave/audit/journal.c enclave/audit/segment.c enclave/audit/segment_check.c enclave/audit/records.c enclave/audit/share.c \
    enclave/audit/intents.c enclave/audit/anchors.c enclave/audit/epochs.c enclave/audit/shares.c
group messages enclave/process/message.c crypto/bytes.c
exit "$short"
