#!/bin/sh
# Goal: a backup is taken while work goes on, opens to nobody without the site's keys, comes back
# whole or not at all, and is refused where it is another's, changed or cut.
# This test makes a site of its own; PATH has the tools; it needs root.
set -u

CASEMATE_SITE=${CASEMATE_SITES:-/var/lib/casemate}/backup
export CASEMATE_SITE CASEMATE_CARD="$CASEMATE_SITE/card.json"
end() { casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1; rm -rf "$CASEMATE_SITE"; }
end
trap end EXIT
trap 'exit 1' INT TERM
casemate training create "$CASEMATE_SITE" --port 7490 >/dev/null &&
    timeout 90 casemate training start "$CASEMATE_SITE" >/dev/null 2>&1 ||
    { echo "Bail out! the site does not start"; tail -n 12 "$CASEMATE_SITE/log"; exit 1; }
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"; end' EXIT

program='HARROW VANE'
enclave=$(enclave_of "$program")
other=$(enclave_of 'SABLE ORCHARD')
on() { command=$1; shift; casemate $command --site "$CASEMATE_SITE" "$@"; }
wait_for() { n=$1; shift; for _ in $(seq $((n * 5))); do "$@" && return 0; sleep 0.2; done; return 1; }
events() { officer=$(enter CW-3001 "$program"); get "$program" "$officer" /api/security; answer .events; }
draft() { post "$program" "$maker" /api/operations/draft "$(jq -nc --arg id "$(uuid)" --arg u "$unit" --arg t "$1" '{id: $id, unit: $u, sequence: 10, draft: $t}')"; }

maker=$(enter CW-1007 "$program")
get "$program" "$maker" /api/tasks
unit=$(answer '[.tasks[] | select(.sequence == 10 and .state == "ready")][0].unit')
post "$program" "$maker" /api/operations/start "$(jq -nc --arg id "$(uuid)" --arg u "$unit" '{id: $id, unit: $u, sequence: 10}')"
is "an operation is begun" "$status" 200

# ---- while work goes on ----
(n=0; while [ -e "$work" ]; do n=$((n + 1)); draft "line $n" >/dev/null 2>&1; echo "$status" >>"$work/statuses"; [ -e "$work/done" ] && break; done) &
worker=$!
check "somebody works" wait_for 10 test -s "$work/statuses"
mkdir "$work/media"
check "a backup is made while somebody works" on backup "$work/media"
: >"$work/done"
wait "$worker"
is "nobody was refused meanwhile" "$(sort -u "$work/statuses" | tr '\n' ' ')" "200 "
[ "$(wc -l <"$work/statuses")" -gt 2 ] && ok "and somebody did work" || not_ok "nobody worked meanwhile"
set_=$(echo "$work"/media/casemate-backup-*)
file=$set_/$enclave.backup
check "there is one of each store" test -s "$file" -a -s "$set_/$other.backup" -a -s "$set_/identity.backup"
check "the register of backups has it" grep -q " $enclave 1 $set_" "$CASEMATE_SITE/backups"
check "and the journal" grep -q ' audit 3 1 .* 34 ' "$CASEMATE_SITE/auditor/journal.log"
found=$(cat "$set_"/*.backup "$set_"/journal/* "$set_"/site/* | tr -d '\000' | grep -cE 'HARROW|SABLE|Mara|CW-1007' || :)
is "nothing of it can be read: no name, no badge" "$found" 0

# ---- two at once, and where there is no room ----
sets() { ls "$1" | grep -c '^casemate-backup-'; }
mkdir "$work/two at once"
(cd "$work" && on backup "two at once" >"$work/one" 2>&1) & pid=$!
on backup "$work/two at once" >"$work/two" 2>&1
wait "$pid"
is "two at once have each a directory, or are told to wait" "$(grep -cv 'being made already\|try again\|events\|^/\|there is no backup' "$work/one" "$work/two" | tr '\n' ' ')" "$work/one:0 $work/two:0 "
mkdir "$work/same"
for n in 1 2 3; do on backup "$work/same" >"$work/made" 2>&1 || not_ok "backup $n: $(cat "$work/made")"; done
is "nor do three that follow at once collide" "$(sets "$work/same")" 3
check "a name with a blank is one field of the register, and whole" grep -q " $enclave 1 $work/two%20at%20once/casemate-backup-[^ ]* $enclave.backup$" "$CASEMATE_SITE/backups"
mkdir "$work/small" && mount -t tmpfs -o size=300k tmpfs "$work/small"
refused "a medium that is full is said" 3 "No space left" on backup "$work/small"
is "and what was written is removed again" "$(ls "$work/small")" ""
umount "$work/small"
refused "a place that is not there is named" 3 "$work/nowhere: No such file" on backup "$work/nowhere"
ln -s ../training.key "$CASEMATE_SITE/auditor/journal-900000.sealed"
refused "what a program's link leads to is not copied" 3 "journal-900000.sealed" on backup "$work/same"
rm "$CASEMATE_SITE/auditor/journal-900000.sealed"
for n in $(seq 900001 900420); do echo "$n" >"$CASEMATE_SITE/auditor/journal-$n.sealed"; done
mkdir "$work/old"
check "a journal of eight years is backed up" on backup "$work/old"
is "with every segment" "$(ls "$work"/old/*/journal | grep -c 9004..)" 21
rm "$CASEMATE_SITE"/auditor/journal-9*.sealed

# ---- a sealed segment of the journal that was changed on the disk ----
segment=$CASEMATE_SITE/auditor/journal-000001.sealed
cp -p "$segment" "$work/segment"
size=$(stat -c %s "$segment")
flip "$segment" $((size - 20)); flip "$segment" $((size - 21))
mkdir "$work/damaged"
refused "a segment that is not as it was sealed is named by the next backup, which ends so" 1 "not as they were sealed, nor are their copies in this backup: journal-000001.sealed." on backup "$work/damaged"
damaged=$(echo "$work"/damaged/casemate-backup-*)
check "which has the rest, and its signed list" test -s "$damaged/$enclave.backup" -a -s "$damaged/list.signature"
is "and the segment as it is" "$(cmp -s "$segment" "$damaged/journal/journal-000001.sealed" && echo same)" same
refused "who wants the journal read is told what to do" 1 "put that file of a backup that was made before (its journal/) in its place" on "audit journal" "$work/journal"
rm -f "$work/journal"
cat "$set_/journal/journal-000001.sealed" >"$segment"
is "a backup from before has it" "$(cmp -s "$segment" "$work/segment" && echo same)" same
check "and with it the journal is read again" on "audit journal" "$work/journal"
mv "$CASEMATE_SITE/auditor/journal-000002.sealed" "$work/aside"
refused "nor is one that is gone passed over" 1 "journal-000002.sealed" on backup "$work/damaged"
mv "$work/aside" "$CASEMATE_SITE/auditor/journal-000002.sealed"
check "and backed up" on backup "$work/damaged"

# ---- refused: and nothing is changed ----
before=$(sha256sum "$CASEMATE_SITE/$enclave/worker/store.db.format" | cut -c1-64)
pids() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg e "$enclave" '[.processes[] | select((.enclave == $e and (.program == "worker" or .program == "gateway")) or .program == "identity").pid] | join(" ")'; }
worked=$(pids)
refused "another enclave's backup is refused" 1 "This is the backup of $other, and not of $enclave" on restore --again "$enclave" "$enclave" "$set_/$other.backup"
size=$(stat -c %s "$file")
for cut in 100 $((size / 2)) $((size - 1)); do
    head -c "$cut" "$file" >"$work/cut"
    refused "cut at $cut of $size bytes it is refused" 1 "" on restore --again "$enclave" "$enclave" "$work/cut"
done
for at in $((size / 3)) $((size - 10)) 60; do
    cp "$file" "$work/flipped"
    flip "$work/flipped" "$at"
    refused "with byte $at changed it is refused" 1 "" on restore --again "$enclave" "$enclave" "$work/flipped"
done
{ cat "$file"; echo more; } >"$work/longer"
refused "with something behind it, and what to do" 1 "stands behind the backup's signature: the file is longer than what was sealed. Nothing was changed here: take another copy" on restore --again "$enclave" "$enclave" "$work/longer"
sed '1,10s/^made .*/made 1/' "$file" >"$work/head"
refused "with another time in its head" 1 "" on restore --again "$enclave" "$enclave" "$work/head"
refused "identity's is not an enclave's" 1 "and not of identity" on restore --again identity identity "$file"
is "and nobody was ended for any of them" "$(pids)" "$worked"
refused "a directory is no backup of a store" 1 "is a directory, and nothing was changed: name the file $enclave.backup in it" on restore --again "$enclave" "$enclave" "$set_"
refused "without the name typed again" 2 "it takes --again $enclave" on restore "$enclave" "$file" </dev/null
worker_up() { [ "$(casemate status --site "$CASEMATE_SITE" --json | jq -r --arg e "$enclave" '[.processes[] | select(.program == "worker" and .enclave == $e)][0].state')" = ready ]; }
check "the worker is up again" wait_for 10 worker_up
is "and the store is as it was" "$(sha256sum "$CASEMATE_SITE/$enclave/worker/store.db.format" | cut -c1-64)" "$before"
check "its log verifies" on verify "$enclave"

# ---- brought back: the newest there is ----
maker=$(enter CW-1007 "$program")
check "the site is asked for its events" test "$(events)" -gt 0
sleep 1.5
mkdir "$work/second"
check "a second backup, with nobody at work" on backup "$work/second"
second=$(echo "$work"/second/casemate-backup-*)/$enclave.backup
count=$(sed -n 's/^events //p' "$second" | head -n 1)
check "it comes back" on restore --again "$enclave" "$enclave" "$second"
check "the worker answers" wait_for 10 worker_up
says "with the drill's report" "$(casemate restore --site "$CASEMATE_SITE" --again "$enclave" --json "$enclave" "$second")" '"rto_seconds":'
check "the log verifies" on verify "$enclave"
check "and replays to its tables" on replay "$enclave"
works() { maker=$(enter CW-1007 "$program"); draft again; [ "$status" = 200 ]; }
check "and work goes on" wait_for 10 works
check "with no event lost" test "$(events)" -ge "$count"
check "the store that was there lies beside it" test -s "$CASEMATE_SITE/$enclave/worker/store.before.db"

# ---- a restoration that ended between two names: as the disk has it then ----
place=$CASEMATE_SITE/$enclave/worker
casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1
sum() { sha256sum "$1" | cut -c 1-64; }
was=$(sum "$place/store.db")
cp -p "$place/store.db" "$place/store.restored.db"
mv "$place/store.db" "$place/store.before.db"
timeout 60 casemate training start "$CASEMATE_SITE" >/dev/null 2>&1
worker_says() { casemate status --site "$CASEMATE_SITE" | grep -q "$1"; }
check "a restoration that was not finished is said" wait_for 10 worker_says "a restoration of it was not finished"
check "and no store is begun in its place" test ! -e "$place/store.db"
refused "nor is its key changed" 1 "" on rekey "$enclave"
check "the same command finishes it" on restore --again "$enclave" "$enclave" "$second"
is "and the store that it replaces is kept" "$(sum "$place/store.before.db")" "$was"
check "the worker answers again" wait_for 10 worker_up

# ---- an enclave whose store cannot be opened ----
pid_of() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg e "$enclave" --arg p "$1" '[.processes[] | select(.program == $p and (.enclave == $e or $p == "keeper"))][0].pid'; }
mv "$place/store.db.format" "$place/aside"
kill -9 "$(pid_of worker)"
check "a store is refused" wait_for 10 worker_says "store.db.format is missing"
mkdir "$work/without"
refused "its backup is refused, and named" 1 "$enclave is not in the backup: The store's file cannot be held still" timeout 60 casemate backup --site "$CASEMATE_SITE" "$work/without"
check "the other one's is made" test -s "$(echo "$work"/without/casemate-backup-*)/$other.backup"
check "and the list is signed" test -s "$(echo "$work"/without/casemate-backup-*)/list.signature"
mv "$place/aside" "$place/store.db.format"
opened() { worker_up && ! worker_says "store.db.format is missing"; }
check "the worker opens it again" wait_for 20 opened

# ---- identity's store likewise ----
sleep 1.5
mkdir "$work/third"
check "a third backup" on backup "$work/third"
check "identity's store comes back" on restore --again identity identity "$(echo "$work"/third/casemate-backup-*)/identity.backup"
signs_in() { [ -n "$(enter CW-1007 "$program" 2>/dev/null)" ]; }
check "and people sign in" wait_for 15 signs_in

# ---- an older one: behind its anchor ----
for n in 1 2 3; do works; draft "after $n"; done
sleep 1.5
verified() { on verify "$enclave" 2>&1 | sed -n 's/^\([0-9]*\) events verified.*/\1/p'; }
newest=$(verified)
check "an older backup comes back" on restore --again "$enclave" "$enclave" "$file"
behind() { officer=$(enter CW-3001 "$program"); get "$program" "$officer" /api/security; cat "$work/answer" | grep -q "behind its anchor"; }
check "and the enclave is behind its anchor" wait_for 10 behind
maker=$(enter CW-1007 "$program"); draft "not recorded"
is "so that nothing is recorded until two people sign for the loss" "$status" 503
casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1
mkdir "$work/mistaken"
mv "$place"/store.db* "$work/mistaken/"
cp -p "$work/mistaken/store.db.format" "$place/"
for f in "$place"/store.before.db*; do mv "$f" "$place/store.${f##*store.before.}"; done
timeout 60 casemate training start "$CASEMATE_SITE" >/dev/null 2>&1
check "the store that was replaced is put back by hand" wait_for 20 worker_up
is "and nothing of it is gone" "$(verified) $([ "${newest:-0}" -gt "$(sed -n 's/^events //p' "$file" | head -n 1)" ] && echo more)" "$newest more"
cp -p "$place/store.db" "$place/store.before.db"
check "the newer one brings it forward again" on restore --again "$enclave" "$enclave" "$second"

# ---- the keeper ends while a store is written: whoever works with it stays closed ----
pid_in() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg e "$enclave" --arg p "$1" '[.processes[] | select(.program == $p and (.enclave == $e or $p == "keeper") and .pid > 0)][0].pid // empty'; }
keeper=$(pid_in keeper) worker=$(pid_in worker)
kill -STOP "$worker" # so that it ends only when the keeper has been stopped, behind the verifying
timeout 60 casemate restore --site "$CASEMATE_SITE" --again "$enclave" "$enclave" "$second" >"$work/brought" 2>&1 & back=$!
gateway_gone() { [ -z "$(pid_in gateway)" ]; }
check "the backup is verified, and then its programs end" wait_for 8 gateway_gone
kill -STOP "$keeper" # so the run waits for its keys
kill -CONT "$worker"
runs() { run=$(pgrep -f '^restore$' -u "$(stat -c %u "$place")"); }
check "a restoration is on its way" wait_for 10 runs
kill -STOP "$run"
kill -9 "$keeper"
unlocked() { casemate unlock --site "$CASEMATE_SITE" >/dev/null 2>&1; now=$(pid_in keeper); [ -n "$now" ] && [ "$now" != "$keeper" ]; }
check "the keeper ends, and the site is unlocked again" wait_for 10 unlocked
opens() { [ -n "$(pid_in worker)" ]; }
is "nobody opens the store meanwhile" "$(wait_for 4 opens && echo opened)" ""
kill -CONT "$run"
wait "$back"
says "the run ends without its keys, and it is said" "$(cat "$work/brought")" "was not brought back"
check "then the worker answers" wait_for 10 worker_up
check "and its log verifies" on verify "$enclave"

# ---- the keeper ends while the file is verified: everybody works on ----
keeper=$(pid_in keeper)
kill -STOP "$keeper"
worked=$(pids)
timeout 60 casemate restore --site "$CASEMATE_SITE" --again "$enclave" "$enclave" "$second" >"$work/brought" 2>&1 & back=$!
check "a backup is being verified" wait_for 10 runs
kill -9 "$keeper"
wait "$back"
says "without its keys it cannot be, and nothing was changed" "$(cat "$work/brought")" "could not be verified, and the site's log says why; nothing was changed"
is "nobody was ended for it" "$(pids)" "$worked"
check "the site is unlocked again" wait_for 10 unlocked

# ---- and without a keeper ----
kill -9 "$(pid_of keeper)"
sleep 0.5
refused "without its keys it is said" 1 "is not running; see" timeout 60 casemate backup --site "$CASEMATE_SITE" "$work/without"
is "and nothing of it stays" "$(sets "$work/without")" 1
finish
