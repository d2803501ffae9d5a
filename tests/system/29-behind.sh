#!/bin/sh
# Goal: whoever puts an enclave's disk back to an older state is seen. A store behind its anchor
# reads on and writes nothing; the loss is named; two officers, and not one twice, sign for exactly
# it; then the log goes on in a new epoch whose first record names the loss, and all of it is proved
# off the box. Tables changed under a whole log close the enclave by their names.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program='SABLE ORCHARD'
enclave=$(enclave_of "$program")
dir=$CASEMATE_SITE/$enclave/worker
root=$CASEMATE_SITE/root.json
lead=CW-2004
key="build/tests/store $CASEMATE_SITE $enclave"

start() { casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || give_up "the site does not start: $(cat "$work/start")"; }
stop() { casemate training stop "$CASEMATE_SITE" >"$work/stop" 2>&1 || give_up "the site does not stop"; }
console() { casemate "$@" --site "$CASEMATE_SITE"; }
audit() { what=$1; shift; casemate audit "$what" "$@" --site "$CASEMATE_SITE"; }
verify() { casemate audit verify --root "$root" "$@"; }
# note TEXT: an event of this program's log
note() {
    post "$program" "$token" /api/operations/draft "$(jq -nc --arg i "$(uuid)" --arg u "$unit" --arg t "$1" '{id: $i, unit: $u, sequence: 10, draft: $t}')"
}
# rationale TEXT: an officer's entry, which is an event whatever the floor is at
rationale() {
    post "$program" "$officer" /api/rationale "$(jq -nc --arg i "$(uuid)" --arg r "$(uuid)" --arg t "$1" \
        '{id: $i, rationale: $r, kind: "contract-clause", obligation: $t, document: "C-1", control: "policy", object: "P01-tasks", how: "as written"}')"
}
events() { get "$program" "$officer" /api/security; answer .events; }
wait_signed() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        audit export "$enclave" "$work/now" >/dev/null 2>&1 && [ "$(grep -c '^01' "$work/now")" = "$1" ] && return
        rm -f "$work/now"; sleep 0.5
    done
    give_up "no head of $1 events"
}

# ---- a record leaves by itself, and growth is proved ----

officer=$(enter "$officer_one" "$program")
rationale "before"
is "an entry is recorded" "$status" 200
before=$(events)
wait_signed "$before"
mv "$work/now" "$work/old.skeleton"
stop
mkdir "$work/old"
cp -p "$dir"/* "$work/old/"
start
officer=$(enter "$officer_one" "$program")
rationale "one more"; rationale "and one more"
after=$(events)
is "two more are recorded" "$after" $((before + 2))
wait_signed "$after"
check "that it only grew since the old skeleton is proved" audit consistency "$enclave" "$work/old.skeleton" "$work/grown"
says "and verifies off the box" "$(verify "$work/grown")" "of $after events begins with that of $before, unchanged"
check "also against what was kept" verify "$work/grown" --since "$work/old.skeleton"
check "the new skeleton is that old log, grown" verify "$work/now" --since "$work/old.skeleton"
pin_of "$officer_one" >"$work/pin"; chmod 600 "$work/pin"
prove() { casemate audit prove --site "$CASEMATE_SITE" --enclave "$enclave" --badge "$1" --pin-file "$2" "$3" "$4"; }
check "an officer has one record proved" prove "$officer_one" "$work/pin" $((after - 1)) "$work/record"
says "it verifies with the public key" "$(verify "$work/record")" "event $((after - 1)) (rationale_entered) is in the log"
sed 's/^index .*/index 3/' "$work/record" >"$work/record.moved"
refused "not at another place" 1 "stands at 3" verify "$work/record.moved"
pin_of $lead >"$work/pin2"; chmod 600 "$work/pin2"
refused "who is not allowed gets no record" 1 "nothing here that you may open" prove $lead "$work/pin2" 3 "$work/none"
is "and no file" "$(ls "$work/none" 2>&1 | grep -c 'No such')" 1

# ---- the disk is put back ----

stop
cp -p "$dir"/* "$work/" 2>/dev/null
mkdir "$work/new"; cp -p "$dir"/* "$work/new/"
rm -f "$dir"/*; cp -p "$work/old"/* "$dir/"
start
officer=$(enter "$officer_one" "$program")
second=$(enter "$officer_two" "$program")
get "$program" "$officer" /api/security
is "the page says that nothing is written" "$(answer .state)" "open for reading only"
says "how many are gone" "$(answer '.losses[0].sentence')" "signed a log of $after events, and $before lie here: 2 are gone"
is "what was signed stands there" "$(answer '.losses[0].signed_size')" "$after"
loss=$(answer '.losses[0].digest')
token=$(enter $lead "$program")
get "$program" "$token" /api/tasks
is "the task list is read as always" "$status" 200
get "$program" "$token" /api/orders
is "orders, too" "$status" 200
document=$(get "$program" "$token" /api/tasks; answer '[.. | .document? // empty | select(. != "")][0] // ""')
rationale "not now"
is "nothing is recorded" "$status" 503
says "in words" "$(answer .error)" "behind its anchor"
check "the newest head that lies here still verifies" console verify "$enclave"
refused "the old checkpoint is not proved from a newer one" 1 "covers more events than the newest head here" \
    audit consistency "$enclave" "$work/now" "$work/none"
sign_loss() { # TOKEN BADGE DIGEST
    post_signed "$program" "$1" /api/security/loss "{\"id\":\"$(uuid)\",\"loss\":\"$3\"}" "$2" accept-loss 'I know what is lost'
}
sign_loss "$officer" "$officer_one" "$(printf '%064d' 0)"
is "another loss is not signed for" "$status" 409
says "in words" "$(answer .error)" "not the loss that is there now"
post "$program" "$officer" /api/security/loss "{\"id\":\"$(uuid)\",\"loss\":\"$loss\"}"
is "without a signature nothing is accepted" "$status" 403
sign_loss "$token" $lead "$loss"
is "a lead may not" "$status" 404
post_signed "$program" "$officer" /api/security/loss "{ \"id\": \"$(uuid)\", \"loss\": \"$loss\" }" "$officer_one" accept-loss 'I know what is lost'
is "a body in another form is refused" "$status" 409
sign_loss "$officer" "$officer_one" "$loss"
is "one officer signs" "$status" 200
says "and hears that it takes two" "$(answer .text)" "A second person must sign it too"
sign_loss "$officer" "$officer_one" "$loss"
is "he cannot sign twice" "$status" 409
rationale "not yet"
is "with one signature nothing is recorded" "$status" 503
# the signature outlives the worker
stop; start
officer=$(enter "$officer_one" "$program"); second=$(enter "$officer_two" "$program")
get "$program" "$second" /api/security
is "what one has signed is kept over a start" "$(answer '.losses[0].first' | grep -c .)" 1
sign_loss "$second" "$officer_two" "$loss"
is "the second officer signs" "$status" 200
for _ in 1 2 3 4 5 6 7 8 9 10; do
    get "$program" "$officer" /api/security
    [ "$(answer '.losses | length')" = 0 ] && break
    sleep 0.3
done
is "the enclave is open again" "$(answer .lacking)" ""
is "its log has one event more than lay here" "$(answer .events)" $((before + 1))
rationale "afterwards"
is "work goes on" "$status" 200
wait_signed $(($(events) - before))
says "the new epoch has an origin of its own" "$(verify "$work/now")" "casemate/$enclave/2"
refused "which does not continue the old one" 1 "older checkpoint is of casemate/$enclave/1" verify "$work/now" --since "$work/old.skeleton"
check "the epoch before is exported by its number" audit export "$enclave" "$work/first" --epoch 1
says "and verifies as far as it was signed here" "$(verify "$work/first")" "all $before events of casemate/$enclave/1"
refused "an epoch that is not there is named" 1 "no epoch 7; the last one is 2" audit export "$enclave" "$work/none" --epoch 7
check "its first record is proved" prove "$officer_one" "$work/pin" "$before" "$work/opened"
says "it is the one that names the loss" "$(verify "$work/opened")" "(log_epoch_opened) is in the log casemate/$enclave/2"
is "the journal has both signatures" "$(grep -c " epoch 2 $after " "$CASEMATE_SITE/auditor/journal.log")" 1
check "the whole log verifies" console verify "$enclave"
check "and replays to its tables" console replay "$enclave"
stop; start
officer=$(enter "$officer_one" "$program")
rationale "after another start"
is "it stays open" "$status" 200

# ---- a newer epoch is a newer anchor ----

stop
cp -p "$dir"/* "$work/old/" && rm -f "$dir"/*; cp -p "$work/new"/* "$dir/"
start
officer=$(enter "$officer_one" "$program")
get "$program" "$officer" /api/security
says "the disk of the epoch before is behind, too" "$(answer '.losses[0].sentence')" "of epoch 2 of this log, and here it ends in epoch 1"
stop

# ---- tables changed under a log that is behind: nobody's signature makes them good ----

check "somebody puts an old disk back, and changes a row" sh -c "$key \"UPDATE mes_rationale SET how = 'as you like' WHERE row_number = 0\""
start
officer=$(enter "$officer_one" "$program"); second=$(enter "$officer_two" "$program")
get "$program" "$officer" /api/security
is "the enclave is closed" "$(answer .state)" closed
says "by the table's name" "$(answer .lacking)" "rationale"
loss=$(answer '.losses[0].digest // ""')
sign_loss "$officer" "$officer_one" "${loss:-$(printf '%064d' 0)}"
is "the loss is not signed for" "$status" 409
says "before the tables are mended" "$(answer .error)" "rationale"
get "$program" "$officer" /api/rationale
is "and nothing is read" "$status" 503
check "they are made again from the log" console rebuild "$enclave"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    get "$program" "$officer" /api/security
    [ "$status" = 200 ] && [ "$(answer '.losses | length')" = 1 ] && break
    sleep 0.5
done
says "then it is behind, and says so" "$(answer .lacking)" "behind its anchor"
sign_loss "$officer" "$officer_one" "$(answer '.losses[0].digest')"
is "and the loss is signed for" "$status" 200
stop
: >"$dir/unsure" # what a worker leaves when the disk fails it
start
second=$(enter "$officer_two" "$program")
get "$program" "$second" /api/security
says "when the disk has failed, too, that is what it says" "$(answer .lacking)" "The disk failed"
sign_loss "$second" "$officer_two" "$(answer '.losses[0].digest')"
is "and the second signature has to wait" "$status" 409
check "it is read again from the disk" console reopen "$enclave"
get "$program" "$second" /api/security
says "then it is behind as before" "$(answer .lacking)" "behind its anchor"
is "with one signature" "$(answer '.losses[0].first' | grep -c .)" 1
rationale "not yet"
is "and nothing is recorded" "$status" 503
stop
rm -f "$dir"/*; cp -p "$work/old"/* "$dir/"

# ---- tables changed under a whole log ----

check "somebody with disk and key changes a row" sh -c "$key \"UPDATE mes_rationale SET how = 'as you like' WHERE row_number = 0\""
start
officer=$(enter "$officer_one" "$program")
get "$program" "$officer" /api/security
is "the enclave is closed" "$(answer .state)" closed
says "and the table is named" "$(answer .lacking)" "rationale"
get "$program" "$officer" /api/rationale
is "not even read" "$status" 503
check "its log is whole" console verify "$enclave"
check "its tables are made again from it" console rebuild "$enclave"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    get "$program" "$officer" /api/security
    [ "$status" = 200 ] && [ "$(answer .lacking)" = "" ] && break
    sleep 0.5
done
says "it works again" "$(answer '.state')" unlocked
is "and its tables are those that were signed" "$(answer .tables)" signed
rationale "and on"
is "an entry is recorded" "$status" 200
get "$program" "$officer" /api/rationale
is "the row is as it was written" "$(answer '[.rows[] | select(.how == "as you like")] | length')" 0

# ---- a cold table changed, which no head covers ----

stop
program='HARROW VANE'
enclave=$(enclave_of "$program")
key="build/tests/store $CASEMATE_SITE $enclave"
check "somebody changes a reading" sh -c "$key \"UPDATE mes_reading SET value = value + 1 WHERE event = (SELECT max(event) FROM mes_reading)\""
start
officer=$(enter "$officer_one" "$program")
get "$program" "$officer" /api/security
is "the hot tables are those that were signed" "$(answer .tables)" signed
refused "the replay finds it" 1 "DIFFERENT" console replay "$enclave"
get "$program" "$officer" /api/security
says "the page says which table" "$(answer .lacking)" "not what its log says: reading"
says "and so does the site's status" "$(console status)" "not what its log says: reading"
rationale "not now"
is "nothing is recorded" "$status" 503
is "it is in the journal" "$(grep -c 'tables_differ_from_the_log' "$CASEMATE_SITE/auditor/journal.log")" 1
check "made again from the log" console rebuild "$enclave"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    get "$program" "$officer" /api/security
    [ "$status" = 200 ] && [ "$(answer .lacking)" = "" ] && break
    sleep 0.5
done
refused "it is the same again" 0 "0 tables differ" console replay "$enclave"
get "$program" "$officer" /api/security
is "the page says over how many events" "$(answer .replayed_size)" "$(answer .events)"

finish
