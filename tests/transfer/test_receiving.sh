#!/bin/sh
# test_receiving.sh MAKE_BUNDLE CASEMATE_BUNDLE
#
# Goal: the commands of docs/receiving.md, run as they stand there, accept a fresh bundle and
# refuse it when a byte of the tar, or of lines 2 to 4 of its signature, is another one; and the
# strict verifier refuses every byte of the tar and of the signature.
set -eu

make_bundle=$(realpath "$1")
bundle=$(realpath "$2")
page=$(realpath docs/receiving.md)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
passed=0

fail() { echo "FAILED: $*"; exit 1; }
pass() { passed=$((passed + 1)); echo "passed: $*"; }

# The first block of commands on the page.
awk '/^```sh$/ { on = 1; next } /^```$/ { if (on) exit } on' "$page" >"$work/commands"
grep -q 'minisign -VH -p outer.pub' "$work/commands" || fail "the page has no commands"

mkdir "$work/sent"
NAME=$("$make_bundle" "$work/sent")
export NAME
tar=$work/sent/$NAME.tar
size=$(stat -c %s "$tar")

receive() { # in the directory $1
    ( cd "$1" && rm -rf "$NAME" && sh "$work/commands" ) >"$work/log" 2>&1
}

# flip FILE OFFSET: change the lowest bit of one byte, in place
flip() {
    old=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $((old ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

receive "$work/sent" || { cat "$work/log"; fail "the page refuses a right bundle"; }
for comment in "kind=outer dir=h2l chan=perf-e7k2m9qa epoch=0001 seq=0000000003 size=$size" \
    "kind=release guard=a dir=h2l chan=perf-e7k2m9qa epoch=0001 seq=0000000003 prev=0202020202020202" \
    "kind=release guard=b dir=h2l chan=perf-e7k2m9qa epoch=0001 seq=0000000003 prev=0202020202020202"; do
    grep -q "Trusted comment: mes-xfer/1 $comment\$" "$work/log" || fail "no such comment: $comment"
done
pass "the page accepts a right bundle and shows the three comments"

"$bundle" verify --root "$work/sent/root.json" "$tar" >/dev/null || fail "verify refuses a right bundle"
pass "casemate-bundle verify accepts it"

# Every region of every member: header fields, content, padding, and the end.
cp -r "$work/sent" "$work/changed"
changed=$work/changed/$NAME.tar
positions=0
block=0
while [ $((block * 512)) -lt "$size" ]; do
    for at in 0 100 124 148 156 257 511; do
        flip "$changed" $((block * 512 + at))
        if receive "$work/changed"; then fail "byte $((block * 512 + at)) of the tar is not covered"; fi
        flip "$changed" $((block * 512 + at))
        positions=$((positions + 1))
    done
    block=$((block + 1))
done
cmp -s "$tar" "$changed" || fail "the test does not restore what it changes"
[ "$positions" -ge 60 ] || fail "only $positions positions"
pass "the page refuses $positions changed bytes of the tar"

# Each byte of lines 2 to 4 of the outer signature, with the first command alone.
sig=$work/changed/$NAME.tar.minisig
first=$(head -n 1 "$sig" | wc -c)
length=$(stat -c %s "$sig")
at=$first
while [ "$at" -lt "$length" ]; do
    flip "$sig" "$at"
    if ( cd "$work/changed" && minisign -VHq -p outer.pub -m "$NAME.tar" -x "$NAME.tar.minisig" ) >/dev/null 2>&1; then
        echo "accepted: byte $at of the signature" >>"$work/accepted"
    fi
    flip "$sig" "$at"
    at=$((at + 1))
done
if [ -e "$work/accepted" ]; then cat "$work/accepted"; head -c "$length" "$sig"; fail "lines 2 to 4 are not covered"; fi
pass "stock minisign refuses each of $((length - first)) changed bytes of lines 2 to 4"

# The strict verifier also refuses another line 1, and a tail.
cp "$sig" "$work/sig"
flip "$sig" 20
if "$bundle" verify --root "$work/sent/root.json" "$changed" >/dev/null 2>&1; then fail "another line 1"; fi
cp "$work/sig" "$sig"
echo >>"$sig"
if "$bundle" verify --root "$work/sent/root.json" "$changed" >/dev/null 2>&1; then fail "a tail"; fi
cp "$work/sig" "$sig"
at=0
while [ "$at" -lt "$size" ]; do
    flip "$changed" "$at"
    if "$bundle" verify --root "$work/sent/root.json" "$changed" >/dev/null 2>&1; then fail "verify: byte $at"; fi
    flip "$changed" "$at"
    at=$((at + 61))
done
"$bundle" verify --root "$work/sent/root.json" "$changed" >/dev/null || fail "the test does not restore what it changes"
pass "casemate-bundle verify refuses changed bytes, another line 1 and a tail"

# The inner layer, under an outer signature that holds: what the guards' keys and b2sum find.
( cd "$work/sent" && chmod -R u+w "$NAME" )
for member in manifest.json b2sums policy.json rec-summary-001.ndjson; do
    file=$work/sent/$NAME/$member
    flip "$file" 40
    if ( cd "$work/sent" && sed '/outer.pub/d; /^mkdir/d; /^tar/d' "$work/commands" >"$work/inner" && sh "$work/inner" ) >"$work/log" 2>&1; then
        fail "$member is not covered inside"
    fi
    flip "$file" 40
done
pass "a changed member is refused by the guards' signatures or by b2sum"

# Without -H another kind of signature would pass; with it, it does not.
python=$(command -v python3 || :)
if [ -n "$python" ]; then
    "$python" - "$work/changed" "$NAME" <<'PY'
import base64, hashlib, sys
d, name = sys.argv[1:]
data = open(f"{d}/{name}.tar", "rb").read()
lines = open(f"{d}/{name}.tar.minisig").read().split("\n")
raw = bytearray(base64.b64decode(lines[1])); raw[1] = ord("d")
lines[1] = base64.b64encode(bytes(raw)).decode()
open(f"{d}/digest", "wb").write(hashlib.blake2b(data).digest())
open(f"{d}/digest.minisig", "w").write("\n".join(lines))
PY
    ( cd "$work/changed" && minisign -Vq -p outer.pub -m digest -x digest.minisig ) ||
        echo "note: this minisign refuses the other kind even without -H"
    if ( cd "$work/changed" && minisign -VHq -p outer.pub -m digest -x digest.minisig ) 2>/dev/null; then
        fail "-H does not refuse the other kind of signature"
    fi
    pass "with -H the other kind of signature is refused"
fi

echo "$passed passed, 0 failed"
