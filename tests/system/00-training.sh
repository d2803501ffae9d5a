#!/bin/sh
# Goal: a training site is made whole or made again; it takes what no other site has; a first start
# that was cut off is begun again; a site that runs shows its card at once; secrets are root's.
# This test makes sites of its own.  PATH has the tools; it needs root.
set -u

sites=$(mktemp -d /tmp/casemate-test-XXXXXX)
export CASEMATE_SITES="$sites"
site=$sites/training
trap 'casemate training stop "$sites/two" >/dev/null 2>&1; casemate training stop >/dev/null 2>&1; rm -rf "$sites"' EXIT
trap 'exit 1' INT TERM
chmod 0711 "$sites"
tests=0
failed=0
ok() { tests=$((tests + 1)); echo "ok $tests - $*"; }
not_ok() { tests=$((tests + 1)); failed=$((failed + 1)); echo "not ok $tests - $*"; }
check() { # SENTENCE COMMAND...; what it says is in $sites/out afterwards
    sentence=$1; shift
    if "$@" >"$sites/now" 2>&1; then ok "$sentence"; else not_ok "$sentence"; sed 's/^/#   /' "$sites/now"; fi
    mv "$sites/now" "$sites/out"
}
refused() { # SENTENCE CODE WORDS COMMAND...
    sentence=$1; code=$2; words=$3; shift 3
    got=0
    said=$("$@" 2>&1) || got=$?
    case "$got $said" in
    "$code "*"$words"*) ok "$sentence" ;;
    *) not_ok "$sentence"; echo "#   exit $got: $said" ;;
    esac
}
differs() { [ "$(cat "$1")" != "$(cat "$2")" ]; }
modes() { [ "$(stat -c %a "$site/training.key" "$site/card" "$site/card.json" | tr '\n' ' ')" = "600 600 600 " ]; }
has_pins() { jq -e '[.people[].pin | test("^[0-9]{6}$")] | all' "$1/card.json" >/dev/null; }

# ---- words ----

refused "without a command it shows all of them" 2 "casemate training create" casemate
refused "an unknown command too" 2 "there is no command nonsense" casemate nonsense
refused "an option of another command is refused" 2 "does not belong to status" casemate status --port 1
refused "help teaches" 0 "Exit: 0 done" casemate help training start
refused "a site that is not there is said so" 3 "no site runs in" casemate status
refused "and with --json for a program" 3 '{"error":"no site runs in' casemate status --json
refused "and it is not made by starting it" 3 "training create" casemate training start

# ---- create ----

mkdir -p "$sites/other" && touch "$sites/other/mine"
refused "a directory with other things in it is left alone" 1 "is not empty" casemate training create "$sites/other"
check "and what is in it is still there" [ -f "$sites/other/mine" ]
check "a site is made" casemate training create
cp "$site/training.key" "$sites/key"
check "making it again leaves it as it is" casemate training create
check "its key is the same" cmp "$site/training.key" "$sites/key"
check "secrets can be read by root only" modes
check "everybody has a PIN of six digits" has_pins "$site"
check "root.json and the enterprise's copy are the same" cmp "$site/root.json" "$site/enterprise/root.json"
check "the mandatory rules lie there" cmp -s policy/site/mandatory.cedar "$site/policy.cedar"
check "and the rules that a program begins with" cmp -s policy/site/program.cedar "$site/program.cedar"
rm "$site/complete"
refused "a half-made site is not started" 1 "half made" casemate training start
check "it is made again" casemate training create
check "with another key" differs "$site/training.key" "$sites/key"

check "a second site is made beside it" casemate training create "$sites/two"
check "with other user numbers, ports and enclaves" [ "$(cat "$site/site.conf" "$sites/two/site.conf" | sort | uniq -d | wc -l)" -eq 2 ]
check "and other PINs" differs "$site/card.json" "$sites/two/card.json"
port=$(jq -r '.enclaves[0].port' "$site/card.json")
refused "a port that another site has is refused" 1 "is in use" casemate training create "$sites/three" --port "$port"

# ---- a first start that is cut off ----

casemate training start >/dev/null 2>"$sites/out" &
tool=$!
for _ in $(seq 300); do
    grep -q 'orders come in' "$sites/out" && break
    kill -0 "$tool" 2>/dev/null || break
    sleep 0.05
done
kill -9 "$tool" 2>/dev/null
wait "$tool" 2>/dev/null
check "the first start was cut off" [ ! -e "$site/seeded" ]
check "the site still answers" casemate status
check "starting again begins anew and comes to its end" casemate training start
check "it says that it does" grep -q 'made again' "$sites/out"
check "the site is filled" [ -e "$site/seeded" ]

began=$(date +%s%3N)
check "starting a site that runs shows the card" casemate training start
took=$(($(date +%s%3N) - began))
echo "# that took $took ms; the README promises less than three seconds"
check "the card fits one screen" [ "$(casemate training card | wc -l)" -le 60 ]
check "and its lines do" [ "$(casemate training card | awk 'length > 100' | wc -l)" -eq 0 ]
check "every process is ready" [ "$(casemate status --json | jq '[.processes[] | select(.state != "ready" and .program != "supervisor")] | length')" -eq 0 ]
mkdir -m 0711 "$sites/elsewhere"
check "while it runs a site is made in another directory" casemate training create "$sites/elsewhere/three"
check "with user numbers that no process has" [ "$(sed -n 's/^uid-base //p' "$site/site.conf" "$sites/elsewhere/three/site.conf" | sort -u | wc -l)" -eq 2 ]
check "it stops" casemate training stop
refused "a stopped site is stopped" 0 "not running" casemate training stop
before=$(cat "$site/card.json")
check "it starts again" casemate training start
check "with the same card" [ "$(cat "$site/card.json")" = "$before" ]
check "and does not fill itself twice" [ "$(grep -c 'fills the site' "$sites/out")" -eq 0 ]
echo "1..$tests"
[ "$failed" -eq 0 ]
