#!/bin/sh
# check.sh: every test, after `make check` has built them.  Ends with "N passed, N failed".
# Run from the repository's root, inside the build root.
set -u
passed=0
failed=0
skipped=0
log=$(mktemp -d)
trap 'cleanup' EXIT
sites=$(mktemp -d "${CASEMATE_SITES:-/var/lib/casemate}/check.XXXXXX")
chmod 0711 "$sites"
fuzzers=
cleanup() {
    [ -z "$fuzzers" ] || kill "$fuzzers"
    for s in "$sites"/*/; do
        [ -e "$s/console.sock" ] && build/bin/casemate training stop "$s" >/dev/null 2>&1
    done
    rm -rf "$log" "$sites"
}

# Take the counts out of what a test printed: cmocka's, TAP's, or "N passed, N failed".
count() {
    name=$1; status=$2; out=$3
    if grep -qE '^[0-9]+ passed, [0-9]+ failed' "$out"; then
        p=$(awk '/^[0-9]+ passed, [0-9]+ failed/ { n += $1 } END { print n + 0 }' "$out")
        f=$(awk '/^[0-9]+ passed, [0-9]+ failed/ { n += $3 } END { print n + 0 }' "$out")
    else
        p=$(awk '/^\[       OK \]/ || /^ok / { n++ } END { print n + 0 }' "$out")
        f=$(awk '/^\[  FAILED  \] [0-9]+ test/ { n += $4 } /^not ok / { n++ } END { print n + 0 }' "$out")
    fi
    s=$(grep -c 'skipped' "$out")
    [ "$s" -eq 0 ] || { grep 'skipped' "$out" | sed "s|^|    |" | head -n 6; skipped=$((skipped + s)); }
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
    if [ "$p" -eq 0 ] && [ "$f" -eq 0 ] && [ "$s" -eq 0 ]; then
        echo "    $name printed no test"; f=1
    fi
    passed=$((passed + p)); failed=$((failed + f))
    if [ "$f" -eq 0 ]; then
        echo "  ok      $name ($p)"
    else
        echo "  FAILED  $name ($f of $((p + f)))"
        # every line that is not a good one, so that a failure far up is seen, too
        grep -vE '^(ok |1\.\.|figure .* ok$|\[ +(OK|RUN|PASSED) +\]|\[[-=]+\])' "$out" | sed 's/^/      /'
        tail -n 5 "$out" | sed 's/^/      | /'
    fi
}
run() { # run NAME SECONDS COMMAND...
    name=$1; limit=$2; shift 2
    out=$log/out
    timeout "$limit" "$@" >"$out" 2>&1
    count "$name" $? "$out"
}

echo "casemate: units"
for t in $(find build/sanitized/tests -type f -name 'test_*' -perm -u+x | sort); do
    case $t in */sandbox/* | */test_run) continue ;; esac
    run "${t#build/sanitized/tests/tests/}" 60 "$t"
done
run "policy tool" 60 sh tests/policy/tool.sh build/bin/casemate-policy
run "policy corpus" 120 sh tests/policy/test_corpus.sh build/bin/casemate-policy
CASES=${DIFFERENTIAL_CASES:-4000} run "policy differential" 200 sh tests/policy/differential/run.sh
run "site policies" 20 build/bin/casemate-policy test policy/site
run "transfer tool" 60 sh tests/transfer/test_tool.sh build/sanitized/tests/make_bundle build/bin/casemate-bundle
run "receiving page" 90 sh tests/transfer/test_receiving.sh build/sanitized/tests/make_bundle build/bin/casemate-bundle
run "proofs" 300 sh tests/proofs/run.sh put hex
sh tests/layers.sh >"$log/layers" 2>&1 && echo "ok layers" >>"$log/layers" || echo "not ok layers" >>"$log/layers"
run "layers" 5 cat "$log/layers"
clang-format --dry-run -Werror $(git ls-files '*.c' '*.h') >"$log/format" 2>&1 &&
    echo "ok formatted" >"$log/format" || echo "not ok formatted: run make format" >>"$log/format"
run "format" 5 cat "$log/format"

echo "casemate: faults below the programs, some seconds each"
sh tests/faults/below.sh short >"$log/figures" 2>"$log/words"
{ cat "$log/words"; awk '/^figure/ { print ($NF == "ok" ? "ok " : "not ok ") $2; print }' "$log/figures"; } >"$log/below"
run "faults below" 5 cat "$log/below"

echo "casemate: sandbox"
run "sandbox" 120 build/tests/tests/sandbox/test_sandbox
install -D -m 0755 build/bin/guard-b "$sites/bin/guard-b" && chmod 0755 "$sites/bin"
run "guard-b, confined" 60 build/tests/tests/transfer/guard_b/test_run "$sites/bin/guard-b"

# the product's tests wait most of the time; meanwhile the fuzzers run, behind everything else
AT_ONCE=1 nice -n 19 timeout 1200 sh tests/fuzz/run.sh "${FUZZ_SECONDS:-3}" $(find build/fuzz -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x ! -name '*.log' | sort) >"$log/fuzzers" 2>&1 &
fuzzers=$!
echo "casemate: the product, with no network but the loopback"
export PATH="$sites/bin:$PATH"
install -m 0755 build/bin/* "$sites/bin/"
unshare -n sh tests/system/run.sh "$sites" "$log" 2>&1 | tee "$log/system"
passed=$((passed + $(awk '/^  ok / { gsub(/[()]/, "", $NF); n += $NF } END { print n + 0 }' "$log/system")))
failed=$((failed + $(grep -c '^  FAILED' "$log/system")))

echo "casemate: fuzzers, some seconds each"
wait "$fuzzers"
count "fuzzers" $? "$log/fuzzers"
fuzzers=

[ "$skipped" -eq 0 ] || echo "$skipped lines above say what was skipped, and why"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
