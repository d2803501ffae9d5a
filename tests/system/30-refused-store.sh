#!/bin/sh
# Goal: a store that is another enclave's, cut short, without its format file or lying about it, or
# whose tables cannot be read, is refused with what was found and what to do: in the site's status,
# to the console, and without details to the floor. Nothing of it is changed, the rest of the site
# works, and the enclave comes back by itself when the right files are there.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program='SABLE ORCHARD'
other='HARROW VANE'
enclave=$(enclave_of "$program")
dir=$CASEMATE_SITE/$enclave/worker
key="build/tests/store $CASEMATE_SITE $enclave"
start() { casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || give_up "the site does not start: $(cat "$work/start")"; }
stop() { casemate training stop "$CASEMATE_SITE" >"$work/stop" 2>&1 || give_up "the site does not stop"; }
sums() { for f in "$dir"/*; do sha256sum "$f"; done; }
worker() { casemate status --site "$CASEMATE_SITE" | grep "^worker *$enclave"; }

stop
mkdir "$work/right"
cp -p "$dir"/* "$work/right/"
put_back() { rm -f "$dir"/*; cp -p "$work/right"/* "$dir/"; }

# found SENTENCE WORDS: with the files as they are now, the site says WORDS and changes none of them
found() {
    sums >"$work/before"
    casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || :
    sleep 1
    first=$(worker | awk '{print $4}')
    says "$1" "$(worker)" "$2"
    refused "and tells the console" 1 "$2" casemate verify --site "$CASEMATE_SITE" "$enclave"
    post "$program" "" /api/redeem '{"code":"aaaaaaaaaaaaaaaaaaaaaaaa"}' # identity answers still
    get "$program" "x" /api/tasks
    is "the floor hears only that" "$status" 503
    says "in words" "$(answer .error)" "The store of this program cannot be opened."
    token=$(enter CW-1001 "$other")
    get "$other" "$token" /api/tasks
    is "the other program works" "$status" 200
    is "its worker does not die in a loop" "$(worker | awk '{print $4}')" "$first"
    sums >"$work/after"
    check "no byte was changed" cmp "$work/before" "$work/after"
    stop
    put_back
}

rm -f "$dir"/*
cp -p "$CASEMATE_SITE/$(enclave_of "$other")/worker"/* "$dir/"
chown --reference="$work/right/store.db" "$dir"/*
found "another enclave's store is refused" "cannot be read with the key of $enclave"
rm "$dir/store.db.format"
found "a missing format file is named" "store.db.format is missing"
case $(cat "$work/right/store.db.format") in sha256) echo sha512 ;; *) echo sha256 ;; esac >"$dir/store.db.format"
found "one that lies, too" "and store.db was made with"
truncate -s -100 "$dir/store.db"
found "a store that was cut short is refused" "it was cut short"

rm "$dir/store.db"
found "a store that was taken away is not begun anew" "store.db is missing, and there was one: here is store.db.format"
: >"$dir/store.db" # by cp or a redirection that found no room
found "nor is an empty one" "store.db is empty, and there was one: here is store.db.format"
chown 0:0 "$dir/store.db"
found "a file that root put back is refused by its owner" "It belongs to uid 0; it must belong to uid $(stat -c %u "$dir"): chown $(stat -c %u:%g "$dir") $dir/store.db"

# ---- the right files come back while the site runs ----

# back COMMAND...: it puts the store back, and the enclave opens: it looks every ten seconds
back() {
    casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || :
    says "it is refused" "$(worker)" "store.db"
    "$@"
    for _ in $(seq 80); do
        casemate verify --site "$CASEMATE_SITE" "$enclave" >"$work/verified" 2>&1 && break
        sleep 0.5
    done
    refused "it comes back with every event" 0 "$events" casemate verify --site "$CASEMATE_SITE" "$enclave"
    stop
}
start
events=$(casemate verify --site "$CASEMATE_SITE" "$enclave" | grep -o '[0-9]* events' | head -n 1)
[ -n "$events" ] || give_up "the store has no events"
stop
rm "$work/right"/*; cp -p "$dir"/* "$work/right/"
poured() { cat "$work/right/store.db" >"$dir/store.db"; chown --reference="$dir" "$dir/store.db"; chmod 600 "$dir/store.db"; }
rm "$dir/store.db"; back poured
: >"$dir/store.db"; back poured
rm "$dir/store.db"; back mv "$work/right/store.db" "$dir/store.db"
cp -p "$dir"/* "$work/right/"
chown 0:0 "$dir/store.db"; back chown --reference="$dir" "$dir/store.db"

# ---- nothing of it is left ----

rm "$dir"/*
casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || :
for _ in $(seq 30); do worker | grep -q anchor && break; sleep 0.2; done
says "where nothing is left, and so no officer's program, the status says what helps" "$(worker)" "casemate restore $enclave FILE.backup"
stop
put_back
start
refused "with the files as they were all is there" 0 "$events" casemate verify --site "$CASEMATE_SITE" "$enclave"
stop

rm "$dir/store.db.format"
casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || :
put_back
for _ in $(seq 30); do
    casemate verify --site "$CASEMATE_SITE" "$enclave" >/dev/null 2>&1 && break
    sleep 0.5
done
token=$(enter CW-2004 "$program")
get "$program" "$token" /api/tasks
is "with the right files the enclave comes back by itself" "$status" 200

# ---- tables that cannot be read are made again ----

stop
check "a row is taken out of a table" sh -c "$key 'DELETE FROM mes_step WHERE row_number = 1'"
start
says "the site says what to do" "$(worker)" "casemate rebuild makes them again"
check "they are made again from the log" casemate rebuild --site "$CASEMATE_SITE" "$enclave"
for _ in $(seq 20); do
    casemate verify --site "$CASEMATE_SITE" "$enclave" >/dev/null 2>&1 && break
    sleep 0.5
done
refused "all of them" 0 "0 tables differ" casemate replay --site "$CASEMATE_SITE" "$enclave"

# ---- tables that cannot be made again, because the log is damaged ----

stop
rm -f "$work/right"/*
cp -p "$dir"/* "$work/right/"
check "an event is changed" sh -c "$key \"UPDATE event SET payload = x'0000' WHERE sequence = 40\""
check "and a row is taken out of a table" sh -c "$key 'DELETE FROM mes_step WHERE row_number = 1'"
casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || :
for _ in $(seq 20); do worker | grep -q 'does not verify' && break; sleep 0.2; done
says "the site says that its log does not verify" "$(worker)" "The log in store.db does not verify"
says "and what helps" "$(worker)" "Put the store back from its newest backup."
refused "nobody is sent to a rebuild" 1 "the log itself does not verify" casemate rebuild --site "$CASEMATE_SITE" "$enclave"
stop
put_back
start
finish
