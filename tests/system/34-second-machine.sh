#!/bin/sh
# Goal: a production site's backup becomes the site again on another machine, with the recovery
# custodians' shares and nothing else of the old one; changed, cut or unfinished it becomes nothing.
# This test makes sites of its own, from the repository's root.  PATH has the tools; it needs root.
set -u
sites=$(mktemp -d /tmp/casemate-second-XXXXXX)
chmod 0711 "$sites"
CASEMATE_SITE=$sites/one CASEMATE_CARD=/dev/null . "$(dirname "$0")/lib.sh"
site=$sites/one
trap 'for s in one two; do casemate stop --site "$sites/$s" >/dev/null 2>&1; done; sleep 0.3; rm -rf "$sites" "$work"' EXIT
wait_for() { # SECONDS COMMAND...
    end=$(($(date +%s) + $1)); shift
    until "$@"; do [ "$(date +%s)" -lt "$end" ] || return 1; sleep 0.1; done
}

# A production site runs only where memory can be locked; 10-production.sh says the same.
mkdir "$sites/bin"
if (ulimit -l unlimited) 2>/dev/null; then
    install -m 0755 "$(dirname "$(command -v casemate)")"/* "$sites/bin/"
else
    echo "# this machine's limit for locked memory is $(ulimit -l) KiB: programs that do not lock it are used"
    install -m 0755 build/tests/bin/* "$sites/bin/"
fi
chmod 0755 "$sites/bin"
PATH=$sites/bin:$PATH

enclave=e7k2m9qa
casemate site create "$site" --custodians 3 --threshold 2 --name mes.test --enclave $enclave --shares-to "$sites/a" >"$work/out" 2>&1 || give_up "$(cat "$work/out")"
all_ready() { [ "$(casemate status --site "$1" --json 2>/dev/null | jq '[.processes[] | select(.state != "ready")] | length')" = 0 ]; }
start() { # SITE SHARES [--recovery]
    starts() { casemate site start "$site" >"$work/out" 2>&1; }
    site=$1
    wait_for 10 starts || give_up "the site does not start: $(cat "$work/out")"
    cat $2 | casemate unlock "$site" --shares - ${3:-} >"$work/out" 2>&1 || give_up "not unlocked: $(cat "$work/out")"
    wait_for 20 all_ready "$site" || give_up "not every process is ready: $(casemate status --site "$site")"
}
start "$site" "$sites/a/share-1 $sites/a/share-2"
printf 'officer 01890000-0000-7000-8000-000000000001 CW-1 135790 O1 Ann Officer\nofficer 01890000-0000-7000-8000-000000000002 CW-2 246801 O2 Bob Officer\n' >"$work/begin"
printf 'station %032d mes shop USA 3 Bench\n' 1 >>"$work/begin"
check "the site begins with two officers" casemate site begin "$site" "$work/begin"
check "somebody is suspended" casemate suspend --site "$site" CW-2 'left the plant'
cat "$sites/a/share-1" "$sites/a/share-3" | casemate keys recovery --site "$site" --shares - --custodians 3 --threshold 2 --shares-to "$sites/r" >"$work/out" 2>&1 &&
    ok "recovery custodians have their shares" || not_ok "recovery custodians have their shares: $(cat "$work/out")"
sleep 1.5
mkdir "$work/media"
check "the whole site is backed up" casemate backup --site "$site" "$work/media"
set_=$(echo "$work"/media/casemate-backup-*)
check "with the keys, sealed to the recovery custodians" grep -q '^casemate-wrap 1' "$set_/$enclave.wrap"
check "the first machine stops" casemate stop --site "$site"
gone() { [ ! -e "$sites/one/console.sock" ]; }
wait_for 10 gone
mv "$sites/one" "$sites/burnt"

# ---- refused ----
changed() { # SED-LIKE: a copy with one thing changed
    rm -rf "$work/copy"; cp -a "$set_" "$work/copy"
}
changed; rm "$work/copy/list.signature"
refused "a backup that was not finished is refused" 1 "is not signed by this site's auditor" casemate site restore "$work/copy" "$sites/two"
changed; sed -i 's/^port .*/port 1/' "$work/copy/site/site.conf"
refused "a changed file is named" 1 "site.conf is not as the list says" casemate site restore "$work/copy" "$sites/two"
changed; rm "$work/copy/site/keyring"
refused "so is one that is missing" 3 "keyring" casemate site restore "$work/copy" "$sites/two"
changed; truncate -s -1 "$work/copy/$enclave.backup"
refused "and a store that was cut" 1 "$enclave.backup is not as the list says" casemate site restore "$work/copy" "$sites/two"
[ -e "$sites/two" ] && not_ok "something was made" || ok "nothing was made by any of them"

# ---- the second machine ----
check "it becomes a site again" casemate site restore "$set_" "$sites/two"
refused "once" 1 "is there already" casemate site restore "$set_" "$sites/two"
# a whole name: three letters stand in ciphertext and certificates by chance
named=$(grep -rlE 'CW-[12]|(Ann|Bob) Officer' "$sites/two")
[ -n "$named" ] && not_ok "a name stands in $named" || ok "nothing of people stands in it"
start "$sites/two" "$sites/r/share-3 $sites/r/share-1" --recovery
ok "two recovery shares open it"
site=$sites/two
check "identity comes back" casemate restore --site "$site" --again identity identity "$set_/identity.backup"
check "and the enclave" casemate restore --site "$site" --again $enclave $enclave "$set_/$enclave.backup"
wait_for 20 all_ready "$site" && ok "every program is ready" || not_ok "every program is ready: $(casemate status --site "$site")"
check "the log verifies" casemate verify --site "$site" $enclave
check "and gives its tables" casemate replay --site "$site" $enclave
refused "identity knows its people" 1 "known already" casemate site begin "$site" "$work/begin"
check "the journal goes on from the old one" casemate audit journal --site "$site" "$work/journal"
check "and verifies from its first line" casemate audit verify --root "$sites/burnt/root.json" "$work/journal"
check "with what was done on the first machine" grep -q ' audit 10 1 .* 10 ' "$work/journal"
cat "$sites/a/share-1" "$sites/a/share-2" >"$work/shares"
check "the custodians' own shares go on opening it" sh -c 'casemate stop --site "$1" >/dev/null; sleep 1; casemate site start "$1" >/dev/null && casemate unlock "$1" --shares "$2"' sh "$site" "$work/shares"
finish
