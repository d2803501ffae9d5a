#!/bin/sh
# test_tool.sh MAKE_BUNDLE CASEMATE_BUNDLE
#
# Goal: casemate-bundle makes keys and order bundles that stock tools check, never uses a number
# twice whenever it is ended, and says in words what is wrong, with the right exit code.
set -eu

make_bundle=$(realpath "$1")
bundle=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
passed=0

fail() { echo "FAILED: $*"; exit 1; }
pass() { passed=$((passed + 1)); echo "passed: $*"; }

# expect CODE TEXT COMMAND...: the command ends with CODE and says TEXT
expect() {
    code=$1; text=$2; shift 2
    got=0
    "$@" >"$work/log" 2>&1 || got=$?
    [ "$got" -eq "$code" ] || { cat "$work/log"; fail "exit $got, not $code: $*"; }
    grep -qF -- "$text" "$work/log" || { cat "$work/log"; fail "does not say: $text"; }
}

mkdir sent
NAME=$("$make_bundle" sent)

# keygen
expect 0 "orders-outer  RW" "$bundle" keygen site
[ "$(stat -c %a site/keys/orders.key)" = 600 ] || fail "the key can be read by others"
expect 1 "never overwritten" "$bundle" keygen site
expect 3 "No such file or directory" "$bundle" keygen none/none
"$bundle" keygen --json other | jq -e '.orders and ."orders-outer"' >/dev/null || fail "keygen --json"
pass "keygen makes two keys once, with mode 0600"

# A root.json that names them: the fixture's, with two keys exchanged.
orders=$(sed -n 2p site/keys/orders.pub)
outer=$(sed -n 2p site/keys/orders-outer.pub)
sed "s|\"orders\":\"[^\"]*\"|\"orders\":\"$orders\"|; s|\"orders-outer\":\"[^\"]*\"|\"orders-outer\":\"$outer\"|" \
    sent/root.json >site/root.json

cat >orders.csv <<'CSV'
number,key,part,rev,qty,due,priority
WO-26-0144,ORD-A1B2,4410-0002,A,250,2027-01-29,10
WO-26-0143,ORD-K7Q2,4410-0001,C,4,2026-12-18,50
CSV
make() { "$bundle" make-orders --dir site --enclave e7k2m9qa "$@"; }
first=l2h-orders-e7k2m9qa-0001-0000000001
second=l2h-orders-e7k2m9qa-0001-0000000002
expect 0 "2 orders for e7k2m9qa at training-1, number 1" make orders.csv
minisign -VHq -p site/keys/orders-outer.pub -m site/out/$first.tar -x site/out/$first.tar.minisig
mkdir x && tar -xf site/out/$first.tar -C x
minisign -VHq -p site/keys/orders.pub -m x/manifest.json -x x/manifest.json.minisig
( cd x && b2sum -c --strict --quiet b2sums )
[ "$(head -n 1 x/rec-order-001.ndjson)" = \
    '{"due":"2026-12-18","key":"ORD-K7Q2","number":"WO-26-0143","part":"4410-0001","priority":50,"qty":4,"rev":"C","t":"order"}' ] ||
    fail "the first record"
[ "$(jq -r '.seq, .dir, .chan, .site' x/manifest.json | tr '\n' ' ')" = "1 l2h orders-e7k2m9qa training-1 " ] ||
    fail "the manifest"
pass "stock tools accept a bundle of orders"

expect 0 '"name":"'$second'"' make --json orders.csv
mkdir y && tar -xf site/out/$second.tar -C y
[ "$(jq -r .prev y/manifest.json)" = "$(b2sum -l 256 <x/manifest.json | cut -c 1-64)" ] || fail "prev"
grep -q "epoch=0001 seq=0000000002" site/state/orders-e7k2m9qa || fail "the state"
pass "the next bundle names the one before"

# Ended after the number was used up and before the files had their names.
mv site/out/$second.tar site/out/.$second.tar.new
mv site/out/$second.tar.minisig site/out/.$second.tar.minisig.new
expect 0 "number 3" make orders.csv
cmp -s y/manifest.json - <<X || fail "number 2 was lost"
$(tar -xOf site/out/$second.tar manifest.json)
X
# Ended before: what was left is written over.
echo rubbish >site/out/.l2h-orders-e7k2m9qa-0001-0000000004.tar.new
expect 0 "number 4" make orders.csv
"$bundle" show site/out/l2h-orders-e7k2m9qa-0001-0000000004.tar >/dev/null || fail "number 4"
# Two at once take two numbers.
make orders.csv >/dev/null & one=$!
make orders.csv >/dev/null
wait $one
[ "$(find site/out -name '*.tar' | wc -l)" -eq 6 ] || fail "two at once"
pass "no number is used twice or lost"

# What is wrong is said.
sed 's/,4,/,0,/' orders.csv >bad.csv
expect 1 'bad.csv: Line 3, column "qty": it must be a whole number from 1 to 10000.' make bad.csv
expect 3 "none.csv: No such file" make none.csv
expect 2 "needs --enclave" "$bundle" make-orders --dir site orders.csv
expect 2 "needs --enclave" "$bundle" make-orders --dir site --enclave ../../x orders.csv
expect 2 "takes exactly one ORDERS.csv" make
expect 2 "does not belong to show" "$bundle" show --dir site x.tar
expect 1 'root.json names another key for "orders"' make --root sent/root.json orders.csv
chmod 644 site/keys/orders.key
expect 1 "can be read by others" make orders.csv
chmod 600 site/keys/orders.key
cp site/state/orders-e7k2m9qa kept
head -n 1 kept >site/state/orders-e7k2m9qa
expect 3 "not in the expected format" make orders.csv
cp kept site/state/orders-e7k2m9qa
sed 's/"version":1}$/"version":2}/' site/root.json >bad.json
expect 1 'bad.json: root.json, at or after "version"' make --root bad.json orders.csv
mkfifo pipe
expect 3 "pipe: Invalid argument" make pipe
pass "each error says what and where, with its exit code"

# verify and show
expect 0 "signed by guard-a, guard-b and outer" "$bundle" verify --root sent/root.json sent/"$NAME".tar
"$bundle" verify --json --root sent/root.json sent/"$NAME".tar | jq -e '.verified == 1 and .orders == 3' >/dev/null ||
    fail "verify --json"
expect 0 "NO SIGNATURE WAS CHECKED" "$bundle" show sent/"$NAME".tar
expect 0 "at most 44.486 bits" "$bundle" show sent/"$NAME".tar
expect 1 '"error":"site/out/' "$bundle" verify --json --root sent/root.json site/out/$first.tar
expect 1 "is refused: The tar, at its member 1" "$bundle" show orders.csv
expect 3 "No such file" "$bundle" verify --root sent/root.json sent/none.tar
expect 2 "needs --root" "$bundle" verify sent/"$NAME".tar
head -c 2000000 /dev/zero >big.tar
expect 1 "larger than 1048576 bytes" "$bundle" show big.tar
for c in keygen make-orders verify show; do
    expect 0 "casemate-bundle $c" "$bundle" help $c
    expect 0 "casemate-bundle $c" "$bundle" $c --help
done
expect 2 "help COMMAND" "$bundle"
pass "verify and show say what they checked"

echo "$passed passed, 0 failed"
