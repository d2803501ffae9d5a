#!/bin/sh
# Goal: only enough of the right shares open a production site, and accept what identity's log has
# lost; custodians and recovery custodians change at once; what was refused is on record; a
# closed-out program's key is nowhere any more, with its certificate; and a core of the keeper holds
# no key.
# This test makes a site of its own, from the repository's root.  PATH has the tools; it needs root.
set -u
sites=$(mktemp -d /tmp/casemate-custodians-XXXXXX)
chmod 0711 "$sites"
CASEMATE_SITE=$sites/one CASEMATE_CARD=/dev/null . "$(dirname "$0")/lib.sh"
site=$sites/one
trap 'for s in one other; do casemate stop --site "$sites/$s" >/dev/null 2>&1; done; sleep 0.3; umount "$sites/small" 2>/dev/null; rm -rf "$sites" "$work"' EXIT
ring=${CASEMATE_RING:-$(cd "$(dirname "$0")/../.." && pwd)/build/tests/ring}
one=e7k2m9qa two=e3f9k2m1
wait_for() { # SECONDS COMMAND...
    end=$(($(date +%s) + $1)); shift
    until "$@"; do [ "$(date +%s)" -lt "$end" ] || return 1; sleep 0.05; done
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

casemate site create "$site" --custodians 3 --threshold 2 --name mes.test --enclave $one --enclave $two --shares-to "$sites/a" >"$work/out" 2>&1 || give_up "$(cat "$work/out")"
mkdir "$sites/not-new"
refused "shares have a directory of their own" 3 "$sites/not-new: File exists" casemate site create "$sites/none" --custodians 3 --threshold 2 --name mes.test --enclave $one --shares-to "$sites/not-new"
is "and without one no site is begun" "$(ls "$sites/none")" ""
casemate site create "$sites/other" --custodians 3 --threshold 2 --name mes.test --enclave $one --shares-to "$sites/others" >"$work/out" 2>&1 || give_up "$(cat "$work/out")"
state() { casemate status --site "$site" --json 2>/dev/null | jq -r --arg e "$1" '[.processes[] | select(.enclave == $e).state] | unique | join(" ")' 2>/dev/null; }
all_ready() { [ "$(casemate status --site "$site" --json 2>/dev/null | jq '[.processes[] | select(.state != "ready" and .state != "closed-out")] | length')" = 0 ]; }
unlock() { cat $1 | casemate unlock "$site" --shares - ${2:-}; }
pid_of() { casemate status --site "$site" --json | jq -r --arg p "$1" '[.processes[] | select(.program == $p)][0].pid'; }
lock_again() {
    casemate stop --site "$site" >/dev/null 2>&1
    stopped() { [ ! -e "$site/console.sock" ]; }
    wait_for 10 stopped || give_up "the site does not stop"
    starts() { casemate site start "$site" >"$work/out" 2>&1; }
    wait_for 10 starts || give_up "the site does not start: $(cat "$work/out")"
}
in_journal() { grep -q " keeper/- audit 6 $1 .* $2 " "$site/auditor/journal.log"; }
keys() { cat $2 | casemate keys "$1" --site "$site" --shares - --custodians "$3" --threshold "$4" --shares-to "$5" ${6:-}; }

# ---- unlocking ----

is "the ring is the keeper's alone" "$(stat -c '%a %u' "$site/keeper/keyring")" "600 $(($(sed -n 's/^uid-base //p' "$site/site.conf") + 1))"
cp "$site/keeper/keyring" "$work/as-made"
lock_again
refused "one share is too few" 1 "1 of 3 shares were given; this site needs 2" unlock "$sites/a/share-1"
refused "nor is one given twice two" 1 "The second share given (number 1 on it) was given twice" unlock "$sites/a/share-1 $sites/a/share-1"
refused "another site's is named" 1 "The second share given (number 2 on it) belongs to another site" unlock "$sites/a/share-1 $sites/others/share-2"
refused "a directory is none" 1 "$sites/a is a directory: --shares takes one file" casemate unlock "$site" --shares "$sites/a"
sed '3s/./Z/' "$sites/a/share-2" >"$work/typo"
refused "a mistyped row is named" 1 "Row 3 of the share is mistyped" unlock "$sites/a/share-1 $work/typo"
is "nothing was changed" "$(cmp "$work/as-made" "$site/keeper/keyring" && echo same)" same
check "two of the right ones unlock it" unlock "$sites/a/share-3 $sites/a/share-1"
wait_for 20 all_ready || give_up "not every process is ready: $(casemate status --site "$site")"
check "what was refused is on record, with the shares' numbers" wait_for 5 in_journal 2 not_unlocked_by_custodians_1
check "the foreign one, too" in_journal 2 not_unlocked_by_custodians_1,2
check "and the unlocking" in_journal 1 unlocked_by_custodians_3,1

# ---- an edited ring ----

edit() { # SED: the ring, edited while the site is down
    lock_again
    cp -a "$site/keeper/keyring" "$work/good"
    sed "$1" "$work/good" >"$work/bad"
    cat "$work/bad" >"$site/keeper/keyring"
}
put_back() { cat "$work/good" >"$site/keeper/keyring"; }
edit "s/^holder $one 1/holder $one 4/"
refused "a line of the ring that was changed is named" 1 "holder $one, generation 4, in the key ring was changed" unlock "$sites/a/share-1 $sites/a/share-2"
put_back; edit 's/^serial .*/serial 99/'
refused "so is one that holds no key, as far as can be known" 1 "its mac is another" unlock "$sites/a/share-1 $sites/a/share-2"
put_back; edit 5d
refused "one that is gone by its number" 3 "line 5" unlock "$sites/a/share-1 $sites/a/share-2"
put_back
check "the ring as it was opens" unlock "$sites/a/share-1 $sites/a/share-2"
wait_for 20 all_ready || give_up "not every process is ready"

# ---- other custodians ----

cp "$site/keeper/keyring" "$work/before-change"
refused "new shares need the old ones" 1 "this site needs 2" keys custodians "$sites/a/share-1" 4 3 "$sites/none"
refused "none is too few, too" 1 "0 of 3 shares were given" keys custodians /dev/null 4 3 "$sites/none"
check "and no key file stands on record for it" wait_for 5 in_journal 2 new_shares_refused_to_nobody
refused "a threshold that can be met" 2 "any M of N" keys custodians "$sites/a/share-1" 2 3 "$sites/none"
mkdir "$sites/taken"
refused "shares that cannot be written are not in force" 3 "File exists" keys custodians "$sites/a/share-1 $sites/a/share-2" 4 3 "$sites/taken"
is "and nothing was changed" "$(cmp "$work/before-change" "$site/keeper/keyring" && echo same)" same
is "what was there already is left there" "$(ls -d "$sites/taken")" "$sites/taken"
mkdir "$sites/small"; mount -t tmpfs -o nr_inodes=4 tmpfs "$sites/small" || give_up "no tmpfs can be mounted"
refused "where only some of the new shares can be written" 3 "share-3: No space left" keys custodians "$sites/a/share-1 $sites/a/share-2" 4 3 "$sites/small/new"
is "none is left, nor the directory" "$(ls -A "$sites/small")" ""
umount "$sites/small"
auditor=$(pid_of auditor)
kill -STOP "$auditor"
refused "new shares that the auditor has no record of are not in force" 1 "the auditor does not answer" keys custodians "$sites/a/share-1 $sites/a/share-2" 4 3 "$sites/b"
kill -CONT "$auditor"
is "they open nothing, and are gone" "$(ls -d "$sites/b" 2>&1 | grep -c 'No such file') $(cmp "$work/before-change" "$site/keeper/keyring" && echo same)" "1 same"
check "custodians change, at the next try into the same directory" keys custodians "$sites/a/share-1 $sites/a/share-2" 4 3 "$sites/b"
is "four new shares" "$(ls "$sites/b" | tr '\n' ' ')" "share-1 share-2 share-3 share-4 "
is "the root key is another" "$(casemate keys list --site "$site" --json | jq -r '"\(.root.generation) \(.custodians) \(.threshold)"')" "2 4 3"
check "the journal says who let in whom" wait_for 5 in_journal 1 custodians_are_3_of_4_by_custodians_1,2
lock_again
refused "the old shares open nothing any more" 1 "to earlier custodians" unlock "$sites/a/share-1 $sites/a/share-2"
refused "nor together with a new one" 1 "to earlier custodians" unlock "$sites/b/share-1 $sites/b/share-2 $sites/a/share-3"
check "the new ones do" unlock "$sites/b/share-1 $sites/b/share-2 $sites/b/share-4"
wait_for 20 all_ready || give_up "not every process is ready"
mkdir -p "$work/old-site/keeper" && cp "$work/before-change" "$work/old-site/keeper/keyring"
check "an old copy of the ring opens with the old shares, as the manual says" "$ring" keys "$work/old-site" "$sites/a/share-1" "$sites/a/share-2"
cp "$work/checked" "$work/old-keys"

# at a terminal: whoever does not confirm leaves everything as it was
: >"$work/terminal"
cp "$site/keeper/keyring" "$work/before-terminal"
(wait_for 10 grep -q 'row 1' "$work/terminal"; cat "$sites/b/share-1" "$sites/b/share-2" "$sites/b/share-3"; wait_for 10 grep -q 'Has each custodian' "$work/terminal"; echo no) |
    script -qfec "casemate keys custodians --site '$site' --custodians 2 --threshold 2" /dev/null >>"$work/terminal" 2>&1
says "new shares are shown on the terminal" "$(cat "$work/terminal")" "2 new shares; any 2 will do"
says "and who does not say yes changes nothing" "$(cat "$work/terminal")" "nothing was changed: the shares of before are in force"
is "the ring is as it was" "$(cmp "$work/before-terminal" "$site/keeper/keyring" && echo same)" same

# two at once: nobody puts shares in force that he has not seen
terminal() { # NAME: shares are made; what is then typed is in a file of that name
    : >"$work/on-$1"
    (wait_for 10 grep -q 'row 1' "$work/on-$1"; cat "$sites/b/share-1" "$sites/b/share-2" "$sites/b/share-3"; wait_for 30 test -e "$work/type-$1"; cat "$work/type-$1") |
        script -qfec "casemate keys custodians --site '$site' --custodians 2 --threshold 2" /dev/null >>"$work/on-$1" 2>&1 &
    eval "pid_$1=\$!"
    wait_for 10 grep -q 'Has each custodian' "$work/on-$1" || not_ok "no shares are shown: $(cat "$work/on-$1")"
}
terminal first
terminal second
echo yes >"$work/type-first"; wait "$pid_first"
says "whose shares are not the last that were made puts none in force" "$(cat "$work/on-first")" "other new shares were made meanwhile"
echo no >"$work/type-second"; wait "$pid_second"
is "and the ring is as it was" "$(cmp "$work/before-terminal" "$site/keeper/keyring" && echo same)" same

# ---- recovery ----

refused "without recovery there is none" 1 "has no recovery shares" casemate unlock "$site" --recovery --shares "$sites/b/share-1"
check "recovery custodians get their shares" keys recovery "$sites/b/share-1 $sites/b/share-2 $sites/b/share-3" 3 2 "$sites/r"
cp "$site/keeper/keyring" "$work/before-wrong"
refused "recovery shares let no custodians in unless it is said that they are such" 1 "The first share given (number 1 on it) is a recovery share" keys custodians "$sites/r/share-1 $sites/r/share-2" 3 2 "$sites/wrong"
refused "nor other recovery custodians" 1 "The first share given (number 2 on it) is a recovery share" keys recovery "$sites/r/share-2 $sites/r/share-1" 3 2 "$sites/wrong"
refused "among custodians' shares the recovery share is named by its place" 1 "The fourth share given (number 1 on it) is a recovery share" keys custodians "$sites/b/share-1 $sites/b/share-2 $sites/b/share-3 $sites/r/share-1" 3 2 "$sites/wrong"
check "which is on record, of which set each is" wait_for 5 in_journal 2 new_shares_refused_to_custodians_1,2,3_recovery_custodians_1
refused "custodians' shares are no recovery shares there, either" 1 "The first share given (number 1 on it) is no recovery share" keys custodians "$sites/b/share-1 $sites/b/share-2 $sites/b/share-3" 3 2 "$sites/wrong" --recovery
reinstate() { cat $1 | casemate reinstate --site "$site" --shares - ${2:-} CW-9 "nobody of that badge"; }
refused "recovery shares reinstate nobody unless it is said" 1 "The first share given (number 1 on it) is a recovery share" reinstate "$sites/r/share-1 $sites/r/share-2"
check "which is on record" wait_for 5 in_journal 2 reinstatement_refused_to_recovery_custodians_1,2
reinstate "$sites/r/share-1 $sites/r/share-2" --recovery >"$work/out" 2>&1
is "with --recovery they are asked for it alone" "$(grep -c 'is a recovery share' "$work/out")" 0
check "the log says whose word it was" grep -q 'keeper.*: 2 holders of recovery shares agreed to what the console asks' "$site/log"
check "and the journal" wait_for 5 in_journal 1 reinstatement_agreed_to_by_recovery_custodians_1,2
is "the ring is as it was, and no share was written" "$(cmp "$work/before-wrong" "$site/keeper/keyring" && echo same) $(ls "$sites" | grep -c wrong)" "same 0"
lock_again
refused "a recovery share given as an unlock share is named" 1 "The second share given (number 2 on it) is a recovery share" unlock "$sites/b/share-1 $sites/r/share-2"
refused "an unlock share given as a recovery share, too" 1 "The first share given (number 1 on it) is no recovery share" unlock "$sites/b/share-1" --recovery
refused "one of them is too few" 1 "this site needs 2" unlock "$sites/r/share-1" --recovery
check "two recovery shares open the site" unlock "$sites/r/share-3 $sites/r/share-1" --recovery
wait_for 20 all_ready || give_up "not every process is ready"
check "which is on record" wait_for 5 in_journal 1 unlocked_by_recovery_custodians_3,1
check "where all others are lost they let new custodians in" keys custodians "$sites/r/share-1 $sites/r/share-2" 3 2 "$sites/c" --recovery
lock_again
check "who open it then" unlock "$sites/c/share-1 $sites/c/share-3"
wait_for 20 all_ready || give_up "not every process is ready"

# ---- a rekey, and what the old copy of the ring is worth then ----

check "a program gets a new key" casemate rekey $one --site "$site"
works() { [ "$(state $one)" = ready ]; }
check "its gateway's certificate is good still" wait_for 10 works
"$ring" keys "$site" "$sites/c/share-1" "$sites/c/share-2" >"$work/keys" 2>&1 || give_up "$(cat "$work/keys")"
is "it is none of those of the old copy; all others are" "$(sort "$work/keys" "$work/old-keys" | uniq -d | wc -l)" 10

# ---- no key in a core, none in the files ----

hold() { # FILE: how many of the keys are in it, as bytes or as text
    n=0
    while read -r k; do
        xxd -p "$1" | tr -d '\n' | grep -q "$k" && n=$((n + 1))
        grep -qaiF "$k" "$1" && n=$((n + 1))
    done <"$work/keys"
    echo $n
}
while read -r k; do printf '%s' "$k" | xxd -r -p; done <"$work/keys" >"$work/planted"
is "what searches finds what is there" "$(hold "$work/planted")" "$(wc -l <"$work/keys")"
"$ring" core "$(pid_of keeper)" >"$work/core" || give_up "the keeper's memory cannot be read"
check "a core of the keeper would be as large as its memory" [ "$(stat -c %s "$work/core")" -gt 100000 ]
is "it holds no key" "$(hold "$work/core")" 0
find "$site" -type f -exec cat {} + >"$work/all"
is "nor do the files of the site" "$(hold "$work/all")" 0

# ---- what identity's log has lost is accepted by custodians ----

people=$site/identity
accept() { cat $1 | casemate accept-loss identity --site "$site" --again identity --shares - ${2:-}; }
says_of_identity() { casemate status --site "$site" --json | jq -r '.processes[] | select(.program == "identity").says'; }
is_behind() { case $(says_of_identity) in *"casemate accept-loss identity"*) ;; *) return 1 ;; esac; }
is_well() { [ "$(says_of_identity)" = "" ] && all_ready; }
lock_again
mkdir "$work/people"; cp -p "$people"/store.db* "$work/people/"
unlock "$sites/c/share-1 $sites/c/share-2" >/dev/null 2>&1; wait_for 20 all_ready || give_up "not every process is ready"
printf 'officer 01890000-0000-7000-8000-000000000001 CW-1 123456 O1 Ann Officer\nofficer 01890000-0000-7000-8000-000000000002 CW-2 123456 O2 Bob Officer\n' >"$work/begin"
refused "officers without a station could never enter" 1 "station ID SITE ZONE COUNTRY CEILING NAME" casemate site begin "$site" "$work/begin"
printf 'station %032d mes.test shop USA 3 Bench\n' 1 >>"$work/begin"
check "the first officers are entered" casemate site begin "$site" "$work/begin"
lock_again
rm -f "$people"/store.db*; cp -p "$work/people"/* "$people/"
unlock "$sites/c/share-1 $sites/c/share-2" >/dev/null 2>&1
check "identity's disk is put back to before: it says so" wait_for 20 is_behind
refused "one custodian does not accept it" 1 "this site needs 2" accept "$sites/c/share-1"
says "who has seen what is lost" "$said" "are gone"
check "which is on record" wait_for 5 in_journal 2 loss_of_identity_refused_to_custodians_1
refused "nor do those of before" 1 "to earlier custodians" accept "$sites/a/share-1 $sites/a/share-2"
refused "nor recovery shares, where it is not said that they are such" 1 "The second share given (number 1 on it) is a recovery share" accept "$sites/c/share-1 $sites/r/share-1"
check "which is on record with the set of each" wait_for 5 in_journal 2 loss_of_identity_refused_to_custodians_1_recovery_custodians_1
refused "nor, where it is said, custodians' among them" 1 "The second share given (number 1 on it) is no recovery share" accept "$sites/r/share-2 $sites/c/share-1" --recovery
check "it is behind still" is_behind
is "and no epoch was granted" "$(grep -c ' identity/- epoch ' "$site/auditor/journal.log")" 0
says "two custodians accept it" "$(accept "$sites/c/share-1 $sites/c/share-3" 2>&1)" "epoch 2 of identity's log begins"
check "that is on record, with their numbers" wait_for 5 in_journal 1 loss_of_identity_accepted_by_custodians_1,3
is "and so is the auditor's grant, once" "$(grep -c ' identity/- epoch 2 .* custodians ' "$site/auditor/journal.log")" 1
check "the site is well" wait_for 20 is_well
check "what was lost can be entered again" casemate site begin "$site" "$work/begin"
lock_again
unlock "$sites/c/share-1 $sites/c/share-2" >/dev/null 2>&1
check "and a start opens it as before" wait_for 20 is_well
lock_again
rm -rf "$work/people"; mkdir "$work/people"; cp -p "$people"/store.db* "$work/people/"
unlock "$sites/c/share-1 $sites/c/share-2" >/dev/null 2>&1; wait_for 20 is_well || give_up "not every process is ready"
check "an officer is suspended" casemate suspend CW-2 "to have something that is lost" --site "$site"
lock_again
rm -f "$people"/store.db*; cp -p "$work/people"/* "$people/"
unlock "$sites/c/share-1 $sites/c/share-2" >/dev/null 2>&1
check "that is lost in turn" wait_for 20 is_behind
says "with --recovery two recovery shares alone accept it" "$(accept "$sites/r/share-1 $sites/r/share-3" --recovery 2>&1)" "epoch 3 of identity's log begins"
check "the journal names their set" wait_for 5 in_journal 1 loss_of_identity_accepted_by_recovery_custodians_1,3
check "the site is well again" wait_for 20 is_well

# ---- what a share passes through ----

mkfifo "$work/slow"
(ulimit -c unlimited; exec casemate unlock "$site" --shares "$work/slow") >/dev/null 2>&1 & typing=$!
reads() { grep -q fifo_open "/proc/$typing/wchan" 2>/dev/null || grep -q wait_for_partner "/proc/$typing/wchan"; }
check "a share is waited for" wait_for 10 reads
is "and would be in no core of who reads it" "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$typing/limits")" "0 0"
kill "$typing"; wait "$typing" 2>/dev/null

# ---- close-out ----

close_out() { cat $1 | casemate close-out "$2" --site "$site" --shares - --again "$3" --out "$4"; }
cp "$site/keeper/keyring" "$work/before-close-out"
printf '2026-11-01 %s 1 tape-12 b2:aa\n2026-11-08 %s 2 tape-13 b2:bb\n' $two $one >"$site/backups"
seq 1 400 | sed "s,.*,2026-11-02 $two 1 /media/a-tape-with-a-long-name-& $two.backup," >>"$site/backups"
: >"$site/$two/worker/untrusted comment: of a worker"
refused "a close-out needs enough shares" 1 "this site needs 2" close_out "$sites/c/share-1" $two $two "$work/cert"
refused "and its id once more" 1 "nothing was changed" close_out "$sites/c/share-1 $sites/c/share-2" $two $one "$work/cert"
refused "and a place for its certificate, before anything is destroyed" 3 "$work/nowhere/cert: No such file" close_out "$sites/c/share-1 $sites/c/share-2" $two $two "$work/nowhere/cert"
: >"$work/taken.minisig"
refused "for its signature, too" 1 "taken.minisig is there already" close_out "$sites/c/share-1 $sites/c/share-2" $two $two "$work/taken"
is "nothing was changed" "$(cmp "$work/before-close-out" "$site/keeper/keyring" && echo same) $(state $two) $(ls "$work" | grep -c '^taken')" "same ready 1"
check "the refusal is on record" wait_for 5 in_journal 2 "close-out_${two}_refused_to_custodians_1"
check "a program is closed out" close_out "$sites/c/share-1 $sites/c/share-2" $two $two "$work/cert"
is "its gateway and worker are out of service" "$(state $two)" closed-out
is "the other works on" "$(state $one)" ready
says "the certificate names the keys" "$(cat "$work/cert")" "generation 1  destroyed"
says "the copies that are known" "$(cat "$work/cert")" "backup 2026-11-01 $two 1 tape-12 b2:aa"
says "each backup as a copy of the key ring, too" "$(cat "$work/cert")" "tape-12 b2:aa; with it, as site/keyring, a copy of the key ring"
says "which opens as it did that day" "$(tr -s ' \n' '  ' <"$work/cert")" "STILL HOLDS A KEY RING IN WHICH THE KEY OF THAT DAY LIES (site/keyring in it). It opens with the custodians' shares that were in force then"
is "and those of no other program" "$(grep -c "$one" "$work/cert")" 0
says "how many have no room in it" "$(cat "$work/cert")" "more, for which there is no room here"
says "and its limits" "$(cat "$work/cert")" "MEDIA REMAIN CLASSIFIED UNTIL SANITISED"
public=$(casemate keys list --site "$site" --json | jq -r .certificate)
check "stock minisign verifies it" minisign -Vm "$work/cert" -P "$public"
sed 's/destroyed by/written by/' "$work/cert" >"$work/forged" && cp "$work/cert.minisig" "$work/forged.minisig"
refused "and no other text" 1 "Signature verification failed" minisign -Vm "$work/forged" -P "$public"
check "the journal has it" wait_for 5 in_journal 1 "close-out_${two}_keys_destroyed_by_custodians_1,2"
sealed=$(sed -n "s/^holder $two 1 current [0-9]* \([0-9a-f]*\) .*/\1/p" "$work/before-close-out")
wrap=$(sed -n "s/^holder $two 1 current [0-9]* [0-9a-f]* \([0-9a-f]*\)$/\1/p" "$work/before-close-out")
check "the ring had its key, and a wrap to recovery" [ "${#sealed}:${#wrap}" = 146:162 ]
find "$site" -type f -exec cat {} + >"$work/all"
is "neither is in any file of the site" "$(grep -cF -e "$sealed" -e "$wrap" "$work/all")" 0
is "nor is the key itself" "$(hold "$work/all")" 0
"$ring" core "$(pid_of keeper)" >"$work/core"
is "nor are they in a core of the keeper" "$(hold "$work/core") $(grep -caF -e "$sealed" -e "$wrap" "$work/core")" "0 0"
port=$(sed -n 's/^port //p' "$site/site.conf")
listens() { ss -Hltn "sport = :$1" | grep -c LISTEN; }
is "nothing listens on its port after a start" "$(lock_again; unlock "$sites/c/share-1 $sites/c/share-2" >/dev/null 2>&1; wait_for 20 all_ready; listens $((port + 2))) $(listens $((port + 1)))" "0 1"
is "and it is out of service still" "$(state $two)" closed-out
refused "it gets no new key" 1 "closed out" casemate rekey $two --site "$site"
refused "nor is anything read from it" 1 "closed out" casemate verify $two --site "$site"
check "its certificate can be had again" close_out "$sites/c/share-1 $sites/c/share-2" $two $two "$work/cert2"
check "and is signed" minisign -Vm "$work/cert2" -P "$public"
casemate stop --site "$site" >/dev/null 2>&1

# ---- a site from before there was a key ring ----

site=$sites/other
"$ring" before-production "$site" "$sites/old" || give_up "no site from before"
lock_again
refused "it is opened by enough of its custodians, too" 1 "this site needs 2" unlock "$sites/old/share-1"
check "it opens with the shares that it had" unlock "$sites/old/share-1 $sites/old/share-3"
works() { casemate verify $one --site "$site" >"$work/out" 2>&1; } # gateways have certificates of other keys here
check "its programs work" wait_for 20 works
is "it has a ring now, of the keys that it had" "$(casemate keys list --site "$site" --json | jq -r '[.holders[].generation] | unique | join(" ")')" 0
lock_again
check "with which the same shares open it" unlock "$sites/old/share-2 $sites/old/share-3"
check "its programs work" wait_for 20 works
check "custodians change there, too" keys custodians "$sites/old/share-1 $sites/old/share-2" 3 2 "$sites/new"
check "a program gets a key of its own" casemate rekey $one --site "$site"
lock_again
refused "its file of custodians says nothing any more" 1 "to earlier custodians" unlock "$sites/old/share-1 $sites/old/share-2"
check "the new shares open it" unlock "$sites/new/share-1 $sites/new/share-2"
check "its programs work" wait_for 20 works
casemate stop --site "$site" >/dev/null 2>&1
site=$sites/one
is "no process was ended by its own filter" "$(grep -c 'its own filter' "$site/log")" 0
finish
