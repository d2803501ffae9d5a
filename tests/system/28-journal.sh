#!/bin/sh
# Goal: the auditor's journal has all thirteen classes of what happens; its disk fills and it says so
# at 75 and 90 percent; full, it refuses what concerns security in words while production goes on;
# its segments are sealed, and the whole of it is checked elsewhere with a public key.
# This test makes a site of its own, with a disk of its own under the auditor; it needs root.
set -u

CASEMATE_SITE=${CASEMATE_SITES:-/var/lib/casemate}/journal
export CASEMATE_SITE CASEMATE_CARD="$CASEMATE_SITE/card.json"
auditor=$CASEMATE_SITE/auditor
journal=$auditor/journal.log
end() {
    casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1
    umount -l "$auditor" 2>/dev/null
    rm -rf "$CASEMATE_SITE"
}
end
trap end EXIT
trap 'exit 1' INT TERM
casemate training create "$CASEMATE_SITE" --port 7480 >/dev/null || { echo "Bail out! no site"; exit 1; }
mkdir -p "$auditor"
mount -t tmpfs -o size=12m,mode=0700 tmpfs "$auditor" || { echo "Bail out! no tmpfs can be mounted"; exit 1; }
timeout 90 casemate training start "$CASEMATE_SITE" >/dev/null 2>&1 ||
    { echo "Bail out! the site does not start"; tail -n 12 "$CASEMATE_SITE/log"; exit 1; }
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"; end' EXIT

program='SABLE ORCHARD'
enclave=$(enclave_of "$program")
has() { for _ in $(seq 80); do grep -q "$1" "$journal" && return 0; sleep 0.1; done; return 1; }
# record CLASS OUTCOME TYPE: a line of it
record() { has " audit $1 $2 [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* $3 "; }
wait_for() { n=$1; shift; for _ in $(seq $((n * 5))); do "$@" && return 0; sleep 0.2; done; return 1; }
pid_of() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg p "$1" '[.processes[] | select(.program == $p)][0].pid'; }

# ---- the classes: each was done, and what can be refused was refused ----
officer=$(enter CW-3001 "$program")
operator=$(enter CW-2001 "$program")
other='HARROW VANE'
maker=$(enter CW-1007 "$other")
check "class 1: signing in" record 1 1 1
wrong=$(pin_of CW-2001 | tr '0-9' '1-90')
curl -s -o /dev/null -H "Origin: $entry" -H 'Content-Type: application/json' -d "$(jq -nc --arg p "$wrong" '{badge: "CW-2001", pin: $p}')" "$entry/api/sign-in"
check "class 1: and a wrong PIN" record 1 3 1
get "$program" "$operator" "/api/job?unit=01890000-0000-7000-8000-000000000001&sequence=10"
check "class 2: what is forbidden or absent" record 2 3 1
post "$program" "$operator" /api/releases "$(jq -nc --arg id "$(uuid)" '{id: $id, slot: "2026-W01"}')"
check "class 3: a release that is denied" record 3 3 1
casemate import --site "$CASEMATE_SITE" /nowhere.tar >/dev/null 2>&1
printf 'number,key,part,rev,qty,due,priority\nWO-J-1,KEY-J-1,4410-0001,C,1,2030-06-28,60\n' >"$work/orders.csv"
made=$(casemate-bundle make-orders --json --dir "$CASEMATE_SITE/enterprise" --enclave "$enclave" "$work/orders.csv")
tar=$CASEMATE_SITE/enterprise/out/$(echo "$made" | jq -r .name).tar
check "a delivery comes in" casemate import --site "$CASEMATE_SITE" "$tar"
check "class 4: is imported" record 4 1 35
check "the same again is refused" sh -c '! casemate import --site "$1" "$2" >/dev/null 2>&1' sh "$CASEMATE_SITE" "$tar"
check "class 4: and that is on record, too" record 4 2 35
check "class 5: people and their records" record 5 1 1
get "$program" "$operator" /api/policy
check "class 6: a policy that somebody may not see" record 6 3 1
check "class 7: root at the console" record 7 1 30
get "$program" "$operator" /api/glass/used
check "class 8: glass, refused" record 8 3 1
check "verify is asked" casemate verify --site "$CASEMATE_SITE" "$enclave"
check "class 9: the record was read" record 9 1 31
check "class 10: the site has started" record 10 1 10
id=$(uuid)
post "$program" "$officer" /api/rationale/print "$(jq -nc --arg id "$id" '{id: $id}')"
is "the register may be printed" "$status" 200
check "class 11: and that it was is on record" record 11 1 1
check "its intent stood there before" has "audit 11 0 $(echo "$id" | tr -d -) "
check "the log is exported" casemate audit export --site "$CASEMATE_SITE" "$enclave" "$work/skeleton"
check "class 12: a file was written" record 12 1 32
check "class 13: a program is ready" record 13 1 20
kill -9 "$(pid_of gateway)"
check "class 13: and one that ended by a signal" has 'supervisor/.* audit 13 2 .*gateway:_signal_9'
classes=$(awk '$5 == "audit" {print $6}' "$journal" | sort -nu | grep -v '^0$' | tr '\n' ' ')
is "all thirteen are there" "$classes" "1 2 3 4 5 6 7 8 9 10 11 12 13 "
fields=$(awk '$5 == "audit" && NF != 24 {n++} END {print n + 0}' "$journal")
is "each record has all its fields" "$fields" 0

# ---- its disk fills ----
fill() { # fill PERCENT
    size=$(df -k --output=size "$auditor" | tail -1)
    used=$(df -k --output=used "$auditor" | tail -1)
    dd if=/dev/zero of="$auditor/fill$1" bs=1k count=$((size * $1 / 100 - used)) 2>/dev/null
}
fill 78
check "at 75 percent it is said" has 'audit 9 1 .* 7[0-9]_percent 41 '
get "$program" "$officer" /api/security
check "on the officer's page" sh -c 'echo "$1" | grep -q "than 75 percent"' sh "$(answer .journal)"
status_says() { casemate status --site "$CASEMATE_SITE" | grep -q "$1"; }
check "and in the site's status" wait_for 10 status_says "journal's disk is more than 75 percent full"
fill 92
check "and at 90" has 'audit 9 1 .* 9[0-9]_percent 41 '
dd if=/dev/zero of="$auditor/fill" bs=1k 2>/dev/null
full_now() { get "$program" "$officer" /api/rationale; id=$(uuid); post "$program" "$officer" /api/rationale/print "$(jq -nc --arg id "$id" '{id: $id}')"; [ "$status" = 503 ]; }
check "full, an act of the security class is refused" wait_for 15 full_now
says "in words" "$(answer .error)" "The journal's disk is full."
says "which say what goes on" "$(answer .kept)" "Production goes on."
get "$program" "$officer" /api/security
says "and the officer's page says it" "$(answer .journal)" "full"
check "and the site's status" wait_for 10 status_says "journal's disk is full: acts of the security class are refused"
get "$other" "$maker" /api/tasks
unit=$(answer '[.tasks[] | select(.state == "ready")][0].unit')
sequence=10
post "$other" "$maker" /api/operations/start "$(jq -nc --arg id "$(uuid)" --arg u "$unit" --argjson s "$sequence" '{id: $id, unit: $u, sequence: $s}')"
is "production goes on" "$status" 200
is "the auditor is the same process" "$(grep -c 'auditor.*ended' "$CASEMATE_SITE/log")" 0
rm "$auditor"/fill*
again() { id=$(uuid); post "$program" "$officer" /api/rationale/print "$(jq -nc --arg id "$id" '{id: $id}')"; [ "$status" = 200 ]; }
check "with room again it goes on by itself" wait_for 15 again
check "which is on record" record 9 1 43
quiet() { ! status_says "journal's disk"; }
check "and the status has nothing to say" wait_for 10 quiet

# ---- the auditor is dead ----
kill -STOP "$(pid_of auditor)"
post "$other" "$maker" /api/operations/draft "$(jq -nc --arg id "$(uuid)" --arg u "$unit" --argjson s "$sequence" '{id: $id, unit: $u, sequence: $s, draft: "x"}')"
is "an auditor that does not answer holds up no production" "$status" 200
id=$(uuid)
echo "Authorization: Bearer $officer" >"$work/bearer"
for i in 1 2; do
    curl -s -m 20 -o "$work/print.$i" -w '%{http_code}' -H "@$work/bearer" "http://localhost:$(port_of "$program")/api/rationale/print" --data-binary "{\"id\": \"$id\"}" >"$work/printed.$i" &
done
refused_one() { [ -s "$work/print.1" ] || [ -s "$work/print.2" ]; }
check "of two requests with one id, one waits for its record, and one is answered" wait_for 10 refused_one
says "in words" "$(jq -r .error "$work"/print.? 2>/dev/null)" "waits for the auditor's record"
kill -CONT "$(pid_of auditor)"
for i in 1 2; do wait_for 10 test -s "$work/printed.$i" || true; done
is "and what waited is done" "$(cat "$work"/printed.? | fold -w 3 | sort | tr '\n' ' ')" "200 503 "

# ---- a segment is sealed; the whole is checked elsewhere ----
check "the journal is exported" casemate audit journal --site "$CASEMATE_SITE" "$work/journal"
check "and verifies with a public key only" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/journal"
lines=$(wc -l <"$work/journal")
sed "$((lines / 2))s/ audit / audlt /" "$work/journal" >"$work/changed"
refused "a changed line is named" 1 "was changed" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/changed"
sed "$((lines / 2))d" "$work/journal" >"$work/changed"
refused "so is one that is missing" 1 "is missing or not in its form" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/changed"
head -n "$((lines - 1))" "$work/journal" >"$work/changed"
refused "and the last one" 1 "is missing" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/changed"
sed '2s/number 1/number 2/' "$work/journal" >"$work/changed"
refused "a head that nobody signed is refused" 1 "not signed" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/changed"

# an older journal, as the program before had it: closed and sealed at the first start
check "the site stops" casemate training stop "$CASEMATE_SITE"
is "the auditor has the last word" "$(tail -n 1 "$journal" | cut -d' ' -f4,5)" "auditor/- stop"
check "and the stop is on record before it" has 'supervisor/- audit 10 1 .* 11 '
check "it starts again" sh -c 'timeout 60 casemate training start "$1" >/dev/null 2>&1' sh "$CASEMATE_SITE"
check "and says how the journal ended before" has 'audit 10 1 .* stopped 12 '
check "the whole verifies again" sh -c 'casemate audit journal --site "$1" "$2/again" && casemate audit verify --root "$1/root.json" "$2/again"' sh "$CASEMATE_SITE" "$work"

# ---- a program that cannot begin: each try is a few lines of the log ----
mv "$CASEMATE_SITE/root.json" "$work/root.json"
kill -9 "$(pid_of auditor)"
tries() { grep -c 'supervisor.*auditor could not be given what it needs' "$CASEMATE_SITE/log"; }
often() { [ "$(tries)" -gt 8 ]; }
check "it is tried again" wait_for 20 often
before=$(tries)
sleep 5
check "every ten seconds, when it has failed so often" [ "$(tries)" -le $((before + 1)) ]
mv "$work/root.json" "$CASEMATE_SITE/root.json"
back() { [ "$(casemate status --site "$CASEMATE_SITE" --json | jq -r '[.processes[] | select(.program == "auditor")][0].state')" = ready ]; }
check "and goes on by itself when it has what it needs" wait_for 20 back
finish
