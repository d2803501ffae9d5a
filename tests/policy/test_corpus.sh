#!/bin/sh
# The engine against recorded answers of the official one.
#   tests/policy/test_corpus.sh build/bin/casemate-policy        from the repository's root
# What is pinned here always runs; the public corpus runs where it lies beside the repository.
set -u
tool=$1
shared=../shared/cedar
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect NAME CODE PATTERN COMMAND...: it ends with CODE and its last line has PATTERN.
expect() {
    name=$1 code=$2 pattern=$3
    shift 3
    "$@" >"$work/out" 2>&1
    got=$?
    if [ "$got" -eq "$code" ] && tail -n 1 "$work/out" | grep -q -e "$pattern"; then
        echo "ok $name"
    else
        echo "not ok $name: exit $got instead of $code, or no '$pattern':"
        tail -n 12 "$work/out"
    fi
}
none='^mismatches: 0 decision, 0 reasons, 0 errors, 0 shouldValidate$'

expect "the pinned cases agree" 0 "$none" "$tool" run-corpus tests/policy/pinned.jsonl
expect "the pinned expressions agree" 0 "^[1-9][0-9]* vectors, 0 mismatches$" \
    "$tool" eval-vectors tests/policy/vectors.jsonl

# A recorded answer that is wrong is found, whatever it is about.
first=$(head -n 1 tests/policy/pinned.jsonl)
flip() { printf '%s\n' "$first" | sed "$1" >"$work/wrong.jsonl"; }
flip 's/"decision":"allow"/"decision":"?"/; s/"decision":"deny"/"decision":"allow"/; s/"?"/"deny"/'
expect "a wrong decision is found" 1 "^mismatches: [1-9]" "$tool" run-corpus "$work/wrong.jsonl"
flip 's/"reason":\[[^]]*\]/"reason":["policy99"]/'
expect "wrong reasons are found" 1 " [1-9][0-9]* reasons" "$tool" run-corpus "$work/wrong.jsonl"
flip 's/"errors":\[[^]]*\]/"errors":["policy99"]/'
expect "wrong errors are found" 1 " [1-9][0-9]* errors" "$tool" run-corpus "$work/wrong.jsonl"
grep -m 1 '"shouldValidate":true' tests/policy/pinned.jsonl | sed 's/"shouldValidate":true/"shouldValidate":false/' \
    >"$work/wrong.jsonl"
expect "a wrong verdict is found" 1 " 1 shouldValidate" "$tool" run-corpus "$work/wrong.jsonl"
printf '{"expr": "1 < 2", "value": false}\n' >"$work/wrong.jsonl"
expect "a wrong value is found" 1 "^1 vectors, 1 mismatches" "$tool" eval-vectors "$work/wrong.jsonl"
printf '{"policies": ' >"$work/cut.jsonl"
expect "a line that is no JSON is refused" 1 "" "$tool" run-corpus "$work/cut.jsonl"
printf '\050\265\057\375garbage' >"$work/garbage.jsonl.zst"
expect "what is no zstd frame is refused" 1 "" "$tool" run-corpus "$work/garbage.jsonl.zst"

if [ -e "$shared/cedar-corpus-A.jsonl.zst" ]; then
    expect "the public corpus agrees" 0 "$none" "$tool" run-corpus "$shared/cedar-corpus-A.jsonl.zst"
    expect "134 published expressions agree" 0 "^134 vectors, 0 mismatches$" \
        "$tool" eval-vectors "$shared/cedar-microvectors.jsonl"
    head -c 100000 "$shared/cedar-corpus-A.jsonl.zst" >"$work/cut.jsonl.zst"
    expect "a pack that is cut short is refused" 1 "" "$tool" run-corpus "$work/cut.jsonl.zst"
    expect "the worked example is valid" 0 "^10 policies, 0 errors, 0 warnings$" \
        "$tool" validate -s "$shared/example/shop.cedarschema" -p "$shared/example/shop.cedar"
else
    echo "skipped: no ../shared"
fi
# The handwritten tests come packed, and zstd may not be there to unpack them.
if [ -e "$shared/cedar-corpus-A.tar.zst" ] && command -v zstd >/dev/null 2>&1; then
    zstd -dcq "$shared/cedar-corpus-A.tar.zst" | tar -xf - -C "$work" --wildcards '*/handwritten/*'
    # shellcheck disable=SC2046
    expect "the 22 handwritten tests agree" 0 "$none" \
        "$tool" run-corpus $(find "$work" -path '*/handwritten/tests/*.json')
elif [ -e "$shared/cedar-corpus-A.tar.zst" ]; then
    echo "skipped: no zstd to unpack the handwritten tests"
fi
