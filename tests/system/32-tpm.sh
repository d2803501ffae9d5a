#!/bin/sh
# Goal: a production site that is bound to a TPM opens with its custodians' shares and that TPM
# together: not with another TPM, not when what was measured is another, not without one; recovery
# shares are the way back, and custodians change with it.
# This test makes a site of its own, from the repository's root.  PATH has the tools; it needs root.
set -u
sites=$(mktemp -d /tmp/casemate-tpm-XXXXXX)
chmod 0711 "$sites"
CASEMATE_SITE=$sites/one CASEMATE_CARD=/dev/null . "$(dirname "$0")/lib.sh"
site=$sites/one
emulator=
trap 'casemate stop --site "$site" >/dev/null 2>&1; [ -z "$emulator" ] || kill -9 $emulator 2>/dev/null; sleep 0.3; rm -rf "$sites" "$work"' EXIT
command -v swtpm >/dev/null || { echo "ok 1 - # skipped: no swtpm on this machine"; echo 1..1; exit 0; }
one=e7k2m9qa
wait_for() { # SECONDS COMMAND...
    end=$(($(date +%s) + $1)); shift
    until "$@"; do [ "$(date +%s)" -lt "$end" ] || return 1; sleep 0.05; done
}
mkdir "$sites/bin"
if (ulimit -l unlimited) 2>/dev/null; then
    install -m 0755 "$(dirname "$(command -v casemate)")"/* "$sites/bin/"
else
    echo "# this machine's limit for locked memory is $(ulimit -l) KiB: programs that do not lock it are used"
    install -m 0755 build/tests/bin/* "$sites/bin/"
fi
chmod 0755 "$sites/bin"
PATH=$sites/bin:$PATH

tpm() { # NAME: the TPM of that name answers at the site's socket; "" none
    [ -z "$emulator" ] || { kill -9 $emulator; wait $emulator 2>/dev/null; }
    emulator=; rm -f "$sites/socket"
    [ -n "$1" ] || return 0
    mkdir -p "$sites/tpm-$1"
    swtpm socket --tpm2 --tpmstate "dir=$sites/tpm-$1" --server "type=unixio,path=$sites/socket" --flags not-need-init,startup-clear >"$work/swtpm" 2>&1 &
    emulator=$!
    wait_for 10 [ -S "$sites/socket" ] || give_up "swtpm does not start: $(cat "$work/swtpm")"
}
lock_again() {
    casemate stop --site "$site" >/dev/null 2>&1
    stopped() { [ ! -e "$site/console.sock" ]; }
    wait_for 10 stopped || give_up "the site does not stop"
    tpm "$1"
    [ -z "${2:-}" ] || "$ring" measure "$sites/socket" "$2" || give_up "nothing was measured"
    starts() { casemate site start "$site" >"$work/out" 2>&1; }
    wait_for 10 starts || give_up "the site does not start: $(cat "$work/out")"
}
ring=${CASEMATE_RING:-$(cd "$(dirname "$0")/../.." && pwd)/build/tests/ring}
unlock() { cat $1 | casemate unlock "$site" --shares - ${2:-}; }
all_ready() { [ "$(casemate status --site "$site" --json 2>/dev/null | jq '[.processes[] | select(.state != "ready")] | length')" = 0 ]; }
ready() { wait_for 20 all_ready || give_up "not every process is ready: $(casemate status --site "$site")"; }
bind() { cat $1 | casemate keys tpm "$2" --site "$site" --shares - ${3:-}; }
keys() { cat $2 | casemate keys "$1" --site "$site" --shares - --custodians 3 --threshold 2 --shares-to "$3" ${4:-}; }
bound() { casemate keys list --site "$site" --json | jq -r .tpm; }

refused "a TPM is named by an absolute path" 2 "--tpm takes an absolute path" casemate site create "$sites/none" --custodians 3 --threshold 2 --name a.test --enclave $one --shares-to "$sites/s" --tpm tpmrm0
tpm one
check "a site that knows its TPM is made" casemate site create "$site" --custodians 3 --threshold 2 --name mes.test --enclave $one --shares-to "$sites/a" --tpm "$sites/socket"
lock_again one
check "it opens with its shares: nothing is bound yet" unlock "$sites/a/share-1 $sites/a/share-2"
ready
check "recovery custodians first" keys recovery "$sites/a/share-1 $sites/a/share-2" "$sites/r"

# ---- binding ----

refused "one share binds nothing" 1 "this site needs 2" bind "$sites/a/share-1" add
refused "PCRs are told apart from other numbers" 1 "PCRs are numbers from 0 to 23" bind "$sites/a/share-1 $sites/a/share-2" add "--pcrs 7,2"
refused "recovery shares bind nothing" 1 "is a recovery share" bind "$sites/r/share-1 $sites/r/share-2" add
is "nothing was changed" "$(bound)" false
cp "$site/keeper/keyring" "$work/unbound"
check "custodians bind the ring to the TPM" bind "$sites/a/share-1 $sites/a/share-2" add "--pcrs 0,7"
is "which the ring says" "$(bound)" true
check "and the journal" grep -q " keeper/- audit 6 1 .* tpm_added_by_custodians_1,2 " "$site/auditor/journal.log"
lock_again one
refused "the TPM alone opens nothing" 1 "this site needs 2" unlock "$sites/a/share-1"
check "shares and the TPM open it" unlock "$sites/a/share-1 $sites/a/share-3"
ready

# ---- without ----

lock_again ""
refused "without a TPM the shares open nothing" 1 "bound to a TPM, and there is none" unlock "$sites/a/share-1 $sites/a/share-2"
lock_again two
refused "nor with another TPM" 1 "This is another TPM than the one that the key ring knows" unlock "$sites/a/share-1 $sites/a/share-2"
lock_again one 7
refused "nor when a PCR holds something else" 1 "what this machine has measured (PCRs 0,7) is not what it was" unlock "$sites/a/share-1 $sites/a/share-2"
says "and the way back is said" "$said" "With the recovery shares it opens without it"
lock_again one 8
check "a PCR that was not named says nothing" unlock "$sites/a/share-1 $sites/a/share-2"
ready
check "the refusals are on record" grep -q " keeper/- audit 6 2 .* not_unlocked_by_custodians_1,2 " "$site/auditor/journal.log"

# ---- custodians and the TPM ----

check "custodians change" keys custodians "$sites/a/share-1 $sites/a/share-2" "$sites/b"
is "the TPM stays" "$(bound)" true
lock_again two
refused "the new shares need it, too" 1 "another TPM" unlock "$sites/b/share-1 $sites/b/share-2"
lock_again one
refused "the old ones do not open with it" 1 "to earlier custodians" unlock "$sites/a/share-1 $sites/a/share-2"
check "the new ones do" unlock "$sites/b/share-1 $sites/b/share-2"
ready

# ---- the TPM is dead ----

lock_again ""
check "recovery shares open the site without it" unlock "$sites/r/share-1 $sites/r/share-3" --recovery
ready
check "its programs work" casemate verify $one --site "$site"
check "custodians begin anew, without the TPM" keys custodians "$sites/b/share-1 $sites/b/share-2" "$sites/c"
says "which is said" "$(cat "$work/checked")" "without the TPM, which has not agreed"
is "the ring is bound to none" "$(bound)" false
lock_again two
check "their shares alone open it" unlock "$sites/c/share-1 $sites/c/share-2"
ready
check "then it is bound to another TPM" bind "$sites/c/share-1 $sites/c/share-2" add
lock_again two
check "with which it opens" unlock "$sites/c/share-1 $sites/c/share-2"
ready
check "custodians take it away again" bind "$sites/c/share-1 $sites/c/share-2" remove
refused "once" 1 "bound to no TPM" bind "$sites/c/share-1 $sites/c/share-2" remove
lock_again ""
check "and the shares alone open it" unlock "$sites/c/share-1 $sites/c/share-2"
ready
is "no process was ended by its own filter" "$(grep -c 'its own filter' "$site/log")" 0
finish
