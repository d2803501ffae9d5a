#!/bin/sh
# Goal: an enclave gets a new key and loses nothing; whatever is killed while that is done, at random
# moments and at each new file, it opens with one key, everything is there, and running the command
# again finishes it.  So does identity's store.  A site from before there was a key ring opens, and
# gets one.
set -u
sites=$(mktemp -d /tmp/casemate-rekey-XXXXXX)
chmod 0711 "$sites"
export CASEMATE_SITE="$sites/one" CASEMATE_CARD="$sites/one/card.json"
CASEMATE_CARD=/dev/null . "$(dirname "$0")/lib.sh"
site=$sites/one
trap 'for s in one old; do casemate training stop "$sites/$s" >/dev/null 2>&1; done; rm -rf "$sites" "$work"' EXIT
ring=${CASEMATE_RING:-$(cd "$(dirname "$0")/../.." && pwd)/build/tests/ring}

casemate training create "$site" >"$work/out" 2>&1 || give_up "$(cat "$work/out")"
casemate training start "$site" >"$work/out" 2>&1 || give_up "$(cat "$work/out")"
enclave=$(sed -n 's/^enclave //p' "$site/site.conf" | head -n 1)
beside=$(sed -n 's/^enclave //p' "$site/site.conf" | tail -n 1)
files=$site/$enclave/worker
target=$enclave holder=$enclave run_of=rekey # what is rekeyed, its line of the ring, and the run's name

state() { casemate status --site "$site" --json 2>/dev/null | jq -r --arg e "$1" '[.processes[] | select(.enclave == $e).state] | unique | join(" ")' 2>/dev/null; }
events() { casemate verify "$enclave" --site "$site" 2>&1 | sed -n 's/^\([0-9]*\) events verified.*/\1/p'; }
wait_for() { # SECONDS COMMAND...
    end=$(($(date +%s) + $1)); shift
    until "$@"; do [ "$(date +%s)" -lt "$end" ] || return 1; sleep 0.05; done
}
works() { [ "$(state "$enclave")" = ready ]; }
generations() { casemate keys list --site "$site" --json | jq -r --arg e "$holder" --arg s "$1" '[.holders[] | select(.holder == $e and .state == $s).generation] | join(" ")'; }

# ---- nothing is killed ----

before=$(events)
check "the enclave has events" [ "${before:-0}" -gt 100 ]
cp "$files/store.db" "$work/old.db" && cp "$files/store.db-wal" "$work/old.db-wal"
check "it gets a new key" casemate rekey "$enclave" --site "$site"
says "which says how far it is" "$(cat "$work/checked")" "100 % written"
says "and that a backup is due, because earlier ones do not come back here" "$(cat "$work/checked")" "Make a backup now: an earlier one of this store does not go back into this site"
check "it works again" wait_for 10 works
is "every event is there" "$(events)" "$before"
is "generation 2 is in force" "$(generations current)" 2
is "generation 1 is destroyed" "$(generations destroyed)" 1
check "tables and log agree" casemate replay "$enclave" --site "$site"
is "the store's first page is another" "$(cmp -s -n 4096 "$work/old.db" "$files/store.db" && echo same || echo other)" other
is "nothing is left beside it" "$(ls "$files" | grep -c next)" 0
is "the other enclave was not touched" "$(state "$beside")" ready
check "the journal says so" grep -q " keeper/- audit 6 1 .* rekey_${enclave}_generation_1_is_destroyed " "$site/auditor/journal.log"
refused "an enclave that this site does not have has no key" 1 "no such enclave" casemate rekey e0000000 --site "$site"
refused "nor one without a name" 2 "an enclave's id is" casemate rekey nonsense --site "$site"

# ---- killed at random moments, and at each new file ----

pids() { # WHO: supervisor, keeper, auditor, worker, gateway, rekey
    case $1 in
    rekey) pgrep -f "^$run_of\$" -u "$(stat -c %u "$files")" ;;
    supervisor) pgrep -f "^supervisor $site " ;;
    *) casemate status --site "$site" --json | jq -r --arg p "$1" --arg e "$enclave" '.processes[] | select(.program == $p and (.enclave == $e or .enclave == "") and .pid > 0).pid' | tail -n 1 ;;
    esac
}
starts() { casemate training start "$site" >"$work/mend" 2>&1; }
mends() { # what an operator does then; a killed supervisor's children take a moment to follow it
    wait_for 20 starts
    casemate unlock "$site" >>"$work/mend" 2>&1
    wait_for 20 works
}
kills=0 hit=0 broken=0 unfinished=0
look() { # after a kill: one valid generation, nothing lost
    kills=$((kills + 1))
    mends || { broken=$((broken + 1)); echo "# $1: $enclave is $(state "$enclave"): $(tail -n 3 "$site/log")"; return; }
    [ "$(events)" = "$before" ] || { broken=$((broken + 1)); echo "# $1: $(events) of $before events"; }
    [ "$(generations current | wc -w)" = 1 ] || { broken=$((broken + 1)); echo "# $1: generations $(generations current)"; }
    [ -z "$(generations next)" ] || hit=$((hit + 1))
}
again() { casemate rekey "$target" --site "$site" >"$work/again" 2>&1; } # the auditor may be on its way
finish_it() {
    wait_for 10 again && wait_for 10 works && [ -z "$(generations next)" ] ||
        { unfinished=$((unfinished + 1)); echo "# not finished: $(cat "$work/again")"; }
}
kill_at_random() { # WHO SECONDS
    victim=$(pids "$1")
    casemate rekey "$target" --site "$site" >"$work/run" 2>&1 &
    run=$!
    sleep "$2"
    [ "$1" != rekey ] || victim=$(pids rekey)
    [ -z "$victim" ] || kill -9 $victim 2>/dev/null
    wait "$run" 2>/dev/null
    look "$1 after $2 s"
}
kill_at_file() { # WHO PATH
    victim=$(pids "$1")
    casemate rekey "$target" --site "$site" >"$work/run" 2>&1 &
    run=$!
    spins=0
    until [ -e "$2" ] || [ $spins -gt 4000 ]; do spins=$((spins + 1)); done
    [ "$1" != rekey ] || victim=$(pids rekey)
    [ -z "$victim" ] || kill -9 $victim 2>/dev/null
    wait "$run" 2>/dev/null
    look "$1 at $2"
}
for file in "$files/store.next.db.format" "$files/store.next.db" "$files/store.next.db-wal" "$site/keeper/keyring.new"; do
    for who in rekey supervisor keeper; do kill_at_file $who "$file"; done
    finish_it
done
for tenth in 00 02 04 06 08 10 13 16; do
    for who in rekey supervisor keeper auditor; do kill_at_random $who "0.$tenth"; done
    finish_it
done
echo "# $kills kills; $hit left a generation that was being made"
is "$kills kills: everything is there each time, under one key" "$broken" 0
check "some of them left a generation that was being made" [ "$hit" -gt 0 ]
is "and running it again finished each time" "$unfinished" 0
check "tables and log agree" casemate replay "$enclave" --site "$site"

# ---- identity's store likewise ----

program_files=$files program_events=$before
entry=$(jq -r .entry "$site/card.json")
files=$site/identity target=identity holder=identity-store run_of=rekey-identity
jq -c '{badge: .people[0].badge, pin: .people[0].pin}' "$site/card.json" >"$work/who"
works() { [ "$(casemate status --site "$site" --json 2>/dev/null | jq -r '.processes[] | select(.program == "identity") | "\(.state) \(.says)"')" = "ready " ]; }
# nothing that the auditor signed is gone, and a PIN is what it was
sign_in() { curl -s -m 10 -o /dev/null -w '%{http_code}' --data-binary "@$work/who" "$entry/api/sign-in"; }
signs_in() { [ "$(sign_in)" = 200 ]; }
events() { wait_for 5 signs_in; sign_in; } # the auditor may be on its way
before=200 kills=0 hit=0 broken=0 unfinished=0
is "somebody signs in" "$(events)" "$before"
cp "$files/store.db" "$work/old.db"
check "identity's store gets a new key" casemate rekey identity --site "$site"
check "it works again" wait_for 10 works
is "the same PIN signs in" "$(events)" "$before"
is "generation 2 is in force" "$(generations current) $(generations destroyed)" "2 1"
is "the store's first page is another" "$(cmp -s -n 4096 "$work/old.db" "$files/store.db" && echo same || echo other)" other
check "the journal says so" grep -q ' keeper/- audit 6 1 .* rekey_identity-store_generation_1_is_destroyed ' "$site/auditor/journal.log"
for file in "$files/store.next.db" "$files/store.next.db-wal" "$site/keeper/keyring.new"; do
    for who in rekey supervisor keeper; do kill_at_file $who "$file"; done
    finish_it
done
for tenth in 00 03 06 10; do
    for who in rekey supervisor keeper auditor; do kill_at_random $who "0.$tenth"; done
    finish_it
done
echo "# $kills kills; $hit left a generation that was being made"
is "$kills kills: everything is there each time, under one key" "$broken" 0
check "some of them left a generation that was being made" [ "$hit" -gt 0 ]
is "and running it again finished each time" "$unfinished" 0
is "nothing is left beside it" "$(ls "$files" | grep -c next)" 0
files=$program_files target=$enclave holder=$enclave run_of=rekey before=$program_events
works() { [ "$(state "$enclave")" = ready ]; }
events() { casemate verify "$enclave" --site "$site" 2>&1 | sed -n 's/^\([0-9]*\) events verified.*/\1/p'; }

# ---- no room ----

full() {
    mount -t tmpfs -o size=24m none "$files.small" && cp -a "$files/." "$files.small/" && mount --move "$files.small" "$files"
}
casemate training stop "$site" >/dev/null 2>&1
mkdir "$files.small"
if full 2>"$work/mount"; then
    chown "$(stat -c %u "$files/store.db")" "$files"; chmod 0700 "$files"
    head -c 14000000 /dev/zero >"$files/ballast"
    mends
    refused "without room for the copy nothing is begun, in words" 1 "MB are free: make room" casemate rekey "$enclave" --site "$site"
    check "and the enclave works on" wait_for 10 works
    rm "$files/ballast"
    check "with room it does it" casemate rekey "$enclave" --site "$site"
    check "and works on" wait_for 10 works
    casemate training stop "$site" >/dev/null 2>&1
    mkdir "$files.back" && cp -a "$files/." "$files.back/" && umount "$files" && cp -a "$files.back/." "$files/"
    mends
    is "every event is there" "$(events)" "$before"
else
    echo "ok - # skipped: no file system can be mounted here: $(cat "$work/mount")"
fi
casemate training stop "$site" >/dev/null 2>&1

# ---- a site from before there was a key ring ----

old=$sites/old
casemate training create "$old" >"$work/out" 2>&1 || give_up "$(cat "$work/out")"
check "a site as it was made before" "$ring" before "$old"
is "has no key ring" "$([ -e "$old/keeper/keyring" ] || echo none)" none
check "it starts and is filled" casemate training start "$old"
site=$old enclave=$(sed -n 's/^enclave //p' "$old/site.conf" | head -n 1) files=$old/$enclave/worker
target=$enclave holder=$enclave
check "it has a ring then" [ -s "$old/keeper/keyring" ]
is "of generation 0" "$(casemate keys list --site "$old" --json | jq -r '[.holders[].generation] | unique | join(" ")')" 0
before=$(events)
casemate training stop "$old" >/dev/null 2>&1
check "its store opens with the key that the root key gave before" "$ring" opens "$old" "$enclave" "$files"
check "it starts again" casemate training start "$old"
refused "its program is not closed out while its key is the whole site's" 1 "casemate rekey $enclave first" casemate close-out "$enclave" --again "$enclave" --out "$work/none" --site "$old"
check "it gets a key of its own" casemate rekey "$enclave" --site "$old"
check "and works" wait_for 10 works
is "with every event" "$(events)" "$before"
check "so does identity's store" casemate rekey identity --site "$old"
is "which had the whole site's, too" "$(casemate keys list --site "$old" --json | jq -r '[.holders[] | select(.holder == "identity-store") | "\(.generation) \(.state)"] | sort | join(", ")')" "0 destroyed, 1 current"

# ---- a closed-out program is nobody's choice any more ----

CASEMATE_SITE=$old CASEMATE_CARD=$old/card.json
entry=$(card .entry)
gone=$(sed -n 's/^enclave //p' "$old/site.conf" | tail -n 1)
choices() { http "$entry/api/sign-in" "" --data-binary "{\"badge\":\"CW-2004\",\"pin\":\"$(pin_of CW-2004)\"}"; answer '[.enclaves[]?.enclave] | join(" ")'; }
shown() { choices | grep -q "$gone"; } # identity has just got its new key
check "its people are shown it" wait_for 10 shown
check "it gets a key of its own" casemate rekey "$gone" --site "$old"
close_out() { rm -f "$work"/certificate*; casemate close-out "$gone" --again "$gone" --out "$work/certificate" --site "$old" </dev/null >"$work/again" 2>&1; }
victim=$(pids keeper)
close_out & run=$!
spins=0
until [ -e "$old/$gone/closed-out" ] || [ $spins -gt 20000 ]; do spins=$((spins + 1)); done
kill -9 "$victim"; wait "$run" 2>/dev/null
casemate unlock "$old" >"$work/mend" 2>&1
whole() { [ -z "$(generations next)" ] && "$ring" whole "$old"; }
check "the keeper is killed in the middle of a close-out: the ring is whole" wait_for 10 whole
check "and the close-out is done again to its end" wait_for 20 close_out
is "with its certificate, and no key left" "$(grep -c 'MEDIA REMAIN' "$work/certificate") $(casemate keys list --site "$old" --json | jq -r --arg e "$gone" '[.holders[] | select(.holder == $e).state] | unique | join(" ")')" "1 destroyed"
gone_now() { ! choices | grep -q "$gone"; }
casemate training stop "$old" >/dev/null 2>&1; starts() { casemate training start "$old" >"$work/out" 2>&1; }
check "the site starts without it" wait_for 30 starts
check "and they are shown it no more" gone_now
casemate training stop "$old" >/dev/null 2>&1
refused "the key from before does not open it any more" 1 "does not open" "$ring" opens "$old" "$enclave" "$files"
finish
