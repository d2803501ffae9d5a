#!/bin/sh
# Goal: identity and the auditor survive what a program's worker survives.  A disk that failed them,
# a store or journal that is not what it was, and a log that is behind its anchor leave them up, in
# words, while production goes on; one command each leads out, and what was lost is on record.
# Identity's store gets a new key.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
identity=$CASEMATE_SITE/identity
auditor=$CASEMATE_SITE/auditor
console() { timeout 60 casemate "$@" --site "$CASEMATE_SITE"; }
start() { timeout 120 casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || give_up "the site does not start: $(cat "$work/start")"; }
stop() { timeout 60 casemate training stop "$CASEMATE_SITE" >"$work/stop" 2>&1 || give_up "the site does not stop"; }
pid_of() { console status --json | jq -r --arg p "$1" '.processes[] | select(.program == $p and .state == "ready").pid'; }
says_of() { console status --json | jq -r --arg p "$1" '.processes[] | select(.program == $p).says'; }
# again PROGRAM: end it, and wait for the next
again() {
    before=$(pid_of "$1")
    kill -9 "$before"
    for _ in $(seq 100); do
        now=$(pid_of "$1")
        [ -n "$now" ] && [ "$now" != "$before" ] && return
        sleep 0.1
    done
    give_up "$1 does not come back"
}
sign_in_code() { http "$entry/api/sign-in" "" --data-binary "{\"badge\":\"$1\",\"pin\":\"$(pin_of "$1")\"}"; printf %s "$status"; }
works() { get "$program" "$ana" /api/tasks; printf %s "$status"; }
# until_is WANTED COMMAND...: within 15 s
until_is() {
    wanted=$1; shift
    for _ in $(seq 150); do [ "$("$@")" = "$wanted" ] && return 0; sleep 0.1; done
    return 1
}
# until_says PROGRAM PART
until_says() {
    for _ in $(seq 150); do case $(says_of "$1") in *"$2"*) return 0 ;; esac; sleep 0.1; done
    says_of "$1"
    return 1
}
records() { grep -c "$1" "$auditor/journal.log"; }
note() {
    post "$program" "$officer" /api/rationale "$(jq -nc --arg i "$(uuid)" --arg r "$(uuid)" --arg t "$1" \
        '{id: $i, rationale: $r, kind: "contract-clause", obligation: $t, document: "C-1", control: "policy", object: "P01-tasks", how: "as written"}')"
    printf %s "$status"
}

ana=$(enter CW-1003 "$program") || exit 1
is "she works" "$(works)" 200

# ---- identity alone gets no epoch ----

here=$(cd "$(dirname "$0")/../.." && pwd)
inside=${INSIDE:-$here/build/tests/inside} message=${MESSAGE:-$here/build/tests/message}
sleep 60 &
sleeper=$!
# channel FROM TO: the descriptor in FROM whose other end TO has
channel() {
    ss -xpnH | awk '$1 == "u_seq" && $2 == "ESTAB" && match($0, /pid=[0-9]+,fd=[0-9]+/) { split(substr($0, RSTART, RLENGTH), at, /[=,]/); print $6, $8, at[2], at[4] }' |
        awk -v from="$1" -v to="$2" '{ owner[$1] = $3; if ($3 == from) peer[$4] = $2 } END { for (d in peer) if (owner[peer[d]] == to) print d }'
}
refusals() { grep -c 'auditor: .*identity/-.* the custodians have not accepted this loss' "$CASEMATE_SITE/log"; }
case $("$inside" $sleeper open-host 2>&1) in
worked)
    kill $sleeper
    fd=$(channel "$(pid_of identity)" "$(pid_of auditor)")
    is "an identity that is hostile asks for a new epoch of its log" "$("$inside" "$(pid_of identity)" say "$fd" "$("$message" epoch 2)")" worked
    is "the auditor has no custodians' word for it" "$(until_is 1 refusals && echo refused)" refused
    is "and grants none" "$(records ' identity/- epoch ')" 0
    is "people sign in as before" "$(sign_in_code CW-1003)" 200
    ;;
*) ok "skipped: on this machine nobody may trace a process, root neither" ;;
esac

# ---- the disk failed identity ----

says "what has not failed is not reopened" "$(console reopen identity)" "has not failed"
: >"$identity/unsure" # what identity leaves when the disk fails it
again identity
check "the site's status says that the disk failed identity" until_says identity "casemate reopen identity"
is "nobody signs in" "$(sign_in_code CW-1003)" 503
says "and reads why" "$(answer .error)" "The disk failed while identity's store was written"
says "and what is to be done" "$(answer .error)" "casemate reopen identity"
is "who works, works on" "$(works)" 200
refused "nobody is suspended meanwhile either, in words" 1 "The disk failed" console suspend CW-1004 'meanwhile'
again identity
is "a restart opens nothing" "$(sign_in_code CW-1003)" 503
says "it is read again from the disk and reopened" "$(console reopen identity)" "were read from the disk and are whole"
check "and people sign in" until_is 200 sign_in_code CW-1003
check "nothing of it remains" test ! -e "$identity/unsure"
says "it is on record" "$(tail -n 40 "$auditor/journal.log")" " reopen "

# ---- a store that is not identity's ----

cp -p "$identity/store.db" "$work/whole.db"
dd if=/dev/zero of="$identity/store.db" bs=4096 count=1 conv=notrunc 2>/dev/null
again identity
check "a store that does not open is refused in words" until_says identity "store is not opened, and nobody can sign in"
is "nobody signs in" "$(sign_in_code CW-1003)" 503
says "and reads why" "$(answer .error)" "Identity's store is not opened"
refused "a backup is not made of it" 1 "" console backup "$work"
dd if="$work/whole.db" of="$identity/store.db" bs=4096 count=1 conv=notrunc 2>/dev/null
check "when the store is back, people sign in by themselves" until_is 200 sign_in_code CW-1003

# ---- identity's log behind its anchor ----

refused "where nothing is lost nothing is accepted" 1 "nothing of identity's log is lost" console accept-loss identity --again identity
stop
mkdir "$work/old"; cp -p "$identity"/store.db* "$work/old/"; cp "$auditor/journal.log" "$work/old.journal"
start
check "somebody is suspended" console suspend CW-1004 'left the plant'
is "and cannot sign in" "$(sign_in_code CW-1004)" 403
ana=$(enter CW-1003 "$program")
stop
rm -f "$identity"/store.db*; cp -p "$work/old"/* "$identity/"
casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1
check "the site's status says how many are gone" until_says identity "are gone"
says "and by which command one goes on" "$(says_of identity)" "casemate accept-loss identity"
is "nobody signs in" "$(sign_in_code CW-1003)" 503
says "and reads why" "$(answer .error)" "behind its anchor"
size=$(wc -c <"$identity/store.db")
refused "reopening is not for that" 0 "It says: Identity's store is behind its anchor" console reopen identity
refused "without a terminal the loss is accepted by name only" 2 "it takes --again identity" console accept-loss identity
says "what is lost stands on the screen before" "$said" "are gone"
says "with the last anchor's time" "$said" "The auditor signed that at 20"
says "and the newest event that is left" "$said" "The newest event that lies here is number"
refused "another name accepts nothing" 1 "is not identity; nothing was changed" console accept-loss identity --again auditor
refused "a program's loss is for its officers" 2 "two security officers" console accept-loss "$(enclave_of "$program")"
is "nothing was written meanwhile" "$(wc -c <"$identity/store.db")" "$size"
is "no epoch was granted" "$(records ' identity/- epoch ')" 0
says "the loss is accepted" "$(console accept-loss identity --again identity 2>&1)" "epoch 2 of identity's log begins"
check "and people sign in" until_is 200 sign_in_code CW-1003
is "a session from before is over" "$(works)" 401
is "what was lost is lost: the suspension" "$(sign_in_code CW-1004)" 200
is "the auditor's grant is on record, once" "$(records ' identity/- epoch 2 ')" 1
is "with the custodians' word for it, of class 6" "$(grep -c ' keeper/- audit 6 0 .* loss_of_identity_accepted_by_nobody\| keeper/- audit 6 0 .* loss_of_identity_accepted_by_the_key_file' "$auditor/journal.log")" 1
again identity
check "a restart opens it as before" until_is 200 sign_in_code CW-1003
stop; start
is "a new start, too" "$(sign_in_code CW-1003)" 200
stop
mkdir "$work/new"; cp -p "$identity"/store.db* "$work/new/"
rm -f "$identity"/store.db*; cp -p "$work/old"/* "$identity/"
casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1
check "the store of the epoch before is behind, too" until_says identity "of epoch 2 of this log"
stop
rm -f "$identity"/store.db*; cp -p "$work/new"/* "$identity/"
start
is "with the newest store nothing is lost" "$(sign_in_code CW-1003)" 200
stop
cp "$auditor/journal.log" "$work/new.journal"; cat "$work/old.journal" >"$auditor/journal.log"
casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1
check "a journal from before the epoch is an old one" until_says identity "in epoch 1 only"
is "nobody signs in" "$(sign_in_code CW-1003)" 503
refused "there is no loss to accept" 1 "auditor's journal is an old one" console accept-loss identity --again identity
before=$(pid_of auditor)
kill -STOP "$before"; cat "$work/new.journal" >"$auditor/journal.log"; kill -9 "$before"
check "with the newest journal people sign in by themselves" until_is 200 sign_in_code CW-1003

# ---- somebody is killed while a loss is being accepted ----

granted() { records ' identity/- epoch '; }
agreed() { records 'loss_of_identity_accepted_by'; }
# settled: whatever was killed, people sign in, or the command is run again
settled() {
    for _ in $(seq 100); do
        case "$(pid_of identity):$(pid_of auditor):$(says_of identity)" in
        [0-9]*:[0-9]*:) [ "$(sign_in_code CW-1003)" = 200 ] && return 0 ;;
        *accept-loss*) console accept-loss identity --again identity >"$work/again" 2>&1 ;;
        esac
        sleep 0.2
    done
    return 1
}
for victim in identity auditor keeper; do
    stop
    rm -f "$identity"/store.db*; cp -p "$work/old"/* "$identity/"
    casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1
    check "a loss is there" until_says identity "casemate accept-loss identity"
    before=$(pid_of $victim) agreed_before=$(agreed) granted_before=$(granted) spins=0
    console accept-loss identity --again identity >"$work/run" 2>&1 &
    run=$!
    until [ "$(agreed)" -gt "$agreed_before" ] || [ $spins -gt 2000 ]; do spins=$((spins + 1)); done
    kill -9 "$before"
    wait $run
    [ $victim != keeper ] || check "the keeper is unlocked" timeout 60 casemate unlock "$CASEMATE_SITE"
    check "$victim is killed as it is accepted: it is accepted in the end" settled
    is "by one epoch, and not two" "$(granted)" $((granted_before + 1))
done

# ---- the disk failed the auditor ----

ana=$(enter CW-1003 "$program"); officer=$(enter "$officer_one" "$program")
says "what has not failed is not reopened" "$(console reopen auditor)" "the journal is open"
: >"$auditor/unsure-journal"
again auditor
check "the site's status says that the disk failed the auditor" until_says auditor "casemate reopen auditor"
is "who works, works on" "$(works)" 200
is "an act of the security class is refused" "$(note "not now")" 503
says "and reads why" "$(answer .error)" "The auditor's journal is closed"
is "nobody signs in" "$(sign_in_code CW-1003)" 503
says "and reads why" "$(answer .error)" "journal is closed"
get "$program" "$officer" /api/security
says "the Security page says it" "$(answer .journal)" "The journal is closed"
again auditor
is "a restart opens nothing" "$(note "not now")" 503
is "what is closed gets no line" "$(tail -n 1 "$auditor/journal.log" | grep -c ' stop \|reopened')" 0
says "it is read again from the disk and reopened" "$(console reopen auditor)" "read from the disk and are whole"
is "and takes records" "$(note "now")" 200
is "people sign in" "$(sign_in_code CW-1003)" 200
is "the gap is on record, with its time" "$(records ' auditor/- audit 9 1 .* reopened,_no_records_from_20.*_lost ')" 1
check "nothing of it remains" test ! -e "$auditor/unsure-journal"
get "$program" "$officer" /api/security
is "the Security page says it no more" "$(answer .journal | grep -c closed)" 0

# ---- a journal that was changed ----

before=$(pid_of auditor)
kill -STOP "$before" # it writes nothing more while its file is copied
cp -p "$auditor/journal.log" "$work/journal.log"
sed -i '20s/.$/x/' "$auditor/journal.log" # of its digest
kill -9 "$before"
check "a changed line closes the journal, and is named" until_says auditor "line 20 of its last segment"
is "who works, works on" "$(works)" 200
is "an act of the security class is refused" "$(note "not now")" 503
refused "it is not reopened so" 1 "Nothing was changed" console reopen auditor
# who puts it back may be slow: what is there of it so far would be a journal, too, an old one
head -c $(($(wc -c <"$work/journal.log") / 2)) "$work/journal.log" >"$auditor/journal.log"
half=$(sha256sum "$auditor/journal.log")
sleep 11
is "one that is being put back is not opened by itself" "$(note "not now"), $(sha256sum "$auditor/journal.log")" "503, $half"
cat "$work/journal.log" >"$auditor/journal.log"
check "with the journal as it was it is" console reopen auditor
is "and takes records" "$(note "now")" 200
is "that gap is on record, too" "$(records ' reopened,_no_records_from_')" 2
again auditor
is "a restart opens it as before" "$(note "and on")" 200

# ---- a journal that root put back ----

before=$(pid_of auditor)
chown 0:0 "$auditor/journal.log"
kill -9 "$before"
its="It belongs to uid 0; it must belong to uid $(stat -c %u "$auditor"): chown $(stat -c %u:%g "$auditor") auditor/journal.log"
check "a journal of another owner is refused by its owner" until_says auditor "$its"
is "the disk has not failed" "$([ -e "$auditor/unsure-journal" ] || echo none)" none
is "who works, works on" "$(works)" 200
refused "it is not reopened so, in the same words" 1 "$its" console reopen auditor
chown --reference="$auditor" "$auditor/journal.log"
check "with its owner it is" console reopen auditor
is "and takes records" "$(note "now")" 200

# ---- a journal that ends within a line ----

before=$(pid_of auditor)
kill -STOP "$before"; printf '99 17' >>"$auditor/journal.log"; kill -9 "$before"
check "what was cut off is on record" until_is 1 records 'ended_without_a_stop,_5_bytes_of_a_torn_end_cut_off'
is "and in the log" "$(grep -c 'journal.log ended within a line: 5 bytes behind line' "$CASEMATE_SITE/log")" 1
check "records are taken" until_is 200 note "now"

# ---- identity's store was taken away ----

before=$(pid_of identity)
kill -STOP "$before"; cp -p "$identity"/store.db* "$work/old/"; rm "$identity/store.db" "$identity"/store.db-wal; kill -9 "$before"
check "it is not begun anew" until_says identity "store.db is missing, and there was one"
is "none was made" "$([ -e "$identity/store.db" ] || echo none)" none
mv "$work/old/store.db" "$work/old/store.db-wal" "$identity/"
check "put back, people sign in by themselves" until_is 200 sign_in_code CW-1003

# ---- a journal that is gone, and a sealed segment that was changed ----

mkdir "$work/backup"
check "a backup seals a segment" console backup "$work/backup"
sealed=$(ls "$auditor"/journal-*.sealed | tail -n 1)
before=$(pid_of auditor)
mv "$auditor/journal.log" "$auditor/elsewhere"
kill -9 "$before"
check "a journal that is gone is not begun anew" until_says auditor "journal.log is gone, and sealed segments are there"
is "none was made" "$([ -e "$auditor/journal.log" ] || echo none)" none
is "who works, works on" "$(works)" 200
is "an act of the security class is refused" "$(note "not now")" 503
mv "$auditor/elsewhere" "$auditor/journal.log"
check "put back it is opened when somebody says so" console reopen auditor
is "and takes records" "$(note "now")" 200
: >"$auditor/unsure-journal"
cp -p "$sealed" "$work/sealed"
printf 'x' | dd of="$sealed" bs=1 seek=$(($(wc -c <"$sealed") / 2)) conv=notrunc 2>/dev/null
again auditor
check "behind a failed disk" until_says auditor "casemate reopen auditor"
refused "a changed segment is named, and nothing is opened" 1 "${sealed##*/}, is not as it was sealed" console reopen auditor
says "in words that say what to do" "$said" "Put it back from its backup"
check "the mark is still there" test -e "$auditor/unsure-journal"
cat "$work/sealed" >"$sealed"
says "with the segment as it was it is opened" "$(console reopen auditor)" "sealed segments were read from the disk and are whole"
is "and takes records" "$(note "now")" 200
check "the whole journal is exported" console audit journal "$work/export"
check "and verifies with the public key" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/export"

# ---- a write that fails: a file that takes none stands for the disk ----

ended() { [ "$(pid_of "$1")" != "$2" ] && echo ended; }
touch "$identity/tried"
if chattr +i "$identity/tried" 2>/dev/null; then
    chattr -i "$identity/tried"; rm "$identity/tried"
    trap 'chattr -i "$identity" "$identity"/store.db* "$auditor"/journal.log; rm -rf "$work"' EXIT
    before=$(pid_of auditor) gaps=$(records ' reopened,_no_records_from_')
    chattr +i "$auditor/journal.log"
    is "an intent that cannot be written is not acknowledged" "$(note "lost" | grep -c 200)" 0
    is "the auditor ends" "$(until_is ended ended auditor "$before" && echo ended)" ended
    check "and the next one is closed" until_says auditor "casemate reopen auditor"
    check "by the mark" test -e "$auditor/unsure-journal"
    is "who works, works on" "$(works)" 200
    refused "a disk that still takes nothing is not reopened" 1 "Nothing was changed" console reopen auditor
    chattr -i "$auditor/journal.log"
    check "one that does is" console reopen auditor
    is "the gap is on record" "$(records ' reopened,_no_records_from_')" $((gaps + 1))
    is "and records are taken" "$(note "now")" 200
    check "the journal is whole" console audit journal "$work/export2"
    check "as anybody can see" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/export2"

    # nor does it take the mark: the supervisor remembers
    before=$(pid_of identity)
    chattr +i "$identity"/store.db-wal "$identity"
    is "a sign-in that cannot be recorded is none" "$(sign_in_code CW-1003 | grep -c 200)" 0
    is "identity ends" "$(until_is ended ended identity "$before" && echo ended)" ended
    check "no mark could be left" test ! -e "$identity/unsure"
    chattr -i "$identity" "$identity"/store.db-wal
    check "the next one knows it all the same" until_says identity "casemate reopen identity"
    check "and leaves the mark" test -e "$identity/unsure"
    is "nobody signs in" "$(sign_in_code CW-1003)" 503
    says "it is read again from the disk and reopened" "$(console reopen identity)" "were read from the disk and are whole"
    check "and people sign in" until_is 200 sign_in_code CW-1003
else
    rm -f "$identity/tried"
    ok "skipped: no file here can be made to take nothing"
fi

# ---- a new key for identity's store ----

cp -p "$identity/store.db" "$work/before.db"
check "identity's store gets a new key" console rekey identity
says "which says how far it is" "$(cat "$work/checked")" "verified against their signed heads"
check "people sign in" until_is 200 sign_in_code CW-1003
is "with the same PINs; generation 2 is in force" "$(console keys list --json | jq -r '[.holders[] | select(.holder == "identity-store" and .state == "current").generation] | join(" ")')" 2
is "and generation 1 is destroyed" "$(console keys list --json | jq -r '[.holders[] | select(.holder == "identity-store" and .state == "destroyed").generation] | join(" ")')" 1
is "the first page is another" "$(cmp -s -n 4096 "$work/before.db" "$identity/store.db" && echo same || echo other)" other
refused "the auditor has no store, in words" 1 "has no store" console rekey auditor
refused "nor have others" 1 "has no store" console rekey gateways
refused "what is no name is refused" 2 "an enclave's id is" console rekey nonsense

finish
