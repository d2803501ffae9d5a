#!/bin/sh
# How many branches of the code that decides about keys, access, record and messages the tests take:
# the units, the failing calls and the simulator, built for counting by `make coverage`.  What runs
# only inside a confined process (the mains, the keeper's commands) cannot be counted and is not
# listed here; the system tests run it.  Prints a line a file, and a figure a group.
set -u
cd "$(dirname "$0")/.."
b=build/coverage
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
find "$b" -name '*.gcda' -delete
for t in $(find "$b/tests" -type f -name 'test_*' -perm -u+x | sort); do
    case $t in */sandbox/* | */test_run) continue ;; esac
    timeout 120 "$t" >"$out/log" 2>&1 || echo "# ${t#"$b"/tests/tests/} failed"
done
timeout 300 "$b/faults/simulator" --seeds 1 "${SEEDS:-40}" >"$out/log" 2>&1 || echo "# the simulator failed"
short=0
# group NAME FILE...
group() {
    name=$1; shift
    all=0; taken=0
    for file in "$@"; do
        # gcov says: Branches executed / Taken at least once:91.30% of 46
        line=$(cd "$out" && gcov -b -o "$OLDPWD/$b/obj/$(dirname "$file")" "$OLDPWD/$file" 2>/dev/null |
            awk -v f="$file" '$0 ~ "^File .*" f { on = 1 } on && /^Taken at least once/ { print; exit }')
        of=$(echo "$line" | sed -n 's/.* of \([0-9]*\)$/\1/p')
        percent=$(echo "$line" | sed -n 's/.*once:\([0-9.]*\)%.*/\1/p')
        [ -n "$of" ] || { echo "  $file: not run"; short=1; continue; }
        printf '  %-34s %6s %% of %s\n' "$file" "$percent" "$of"
        all=$((all + of))
        taken=$((taken + $(awk -v p="$percent" -v n="$of" 'BEGIN { printf "%d", p * n / 100 + 0.5 }')))
    done
    value=$(awk -v t="$taken" -v a="$all" 'BEGIN { printf "%.1f", a ? 100 * t / a : 0 }')
    said=$(awk -v v="$value" 'BEGIN { print (v >= 95 ? "ok" : "short") }')
    [ "$said" = ok ] || short=1
    echo "figure branches_$name = $value percent-of-$all (limit 100, ratio $(awk -v v="$value" 'BEGIN { printf "%.2f", v / 100 }'), wants 95) $said"
}
group keys enclave/keys/keyring.c enclave/keys/keyring_file.c enclave/keys/keyring_holders.c enclave/keys/keyring_text.c \
    crypto/seal.c crypto/shares.c crypto/share_text.c crypto/derive.c
group decision appliance/decide.c policy/decide.c policy/eval.c policy/value.c appliance/holder.c appliance/attribute.c
group audit enclave/audit/journal.c enclave/audit/segment.c enclave/audit/segment_check.c enclave/audit/records.c \
    enclave/audit/intents.c enclave/audit/anchors.c enclave/audit/epochs.c
group messages enclave/process/message.c crypto/bytes.c
exit "$short"
