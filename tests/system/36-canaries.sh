#!/bin/sh
# Goal: words that nobody else knows are planted in two programs, in people's names and as PINs; after
# work, backup, rekey, kills, crashes and a full disk they stand nowhere that is not theirs: not on the
# raw disk, in no backup, core, temporary file, nor in another process's memory; nor does a key.
# This test makes a site of its own, on a disk of its own; PATH has the tools; it needs root.
set -u

base=$(mktemp -d /tmp/casemate-canary-XXXXXX)
disk=$base/disk mine=$base/mine
mkdir "$disk" "$mine" && chmod 0711 "$base"
pattern=$(cat /proc/sys/kernel/core_pattern)
end() {
    casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1
    [ "$(cat /proc/sys/kernel/core_pattern)" = "$pattern" ] || echo "$pattern" >/proc/sys/kernel/core_pattern
    umount -l "$disk" 2>/dev/null; umount -l "$mine" 2>/dev/null; rm -rf "$base"
}
export CASEMATE_SITE="$disk/site" CASEMATE_CARD="$disk/site/card.json" TMPDIR="$mine"
trap end EXIT
trap 'exit 1' INT TERM
# the test's own papers have the words in them, so they lie apart from all that is searched
mount -t tmpfs -o size=1500m,mode=0711 tmpfs "$mine" || { echo "Bail out! no tmpfs can be mounted"; exit 1; }
truncate -s 400M "$mine/image" && mkfs.ext4 -q "$mine/image" && mount -o loop "$mine/image" "$disk" ||
    { echo "Bail out! no disk can be made of a file"; exit 1; }
chmod 0711 "$disk"
casemate training create "$CASEMATE_SITE" --port 7560 >/dev/null &&
    timeout 90 casemate training start "$CASEMATE_SITE" >/dev/null 2>&1 ||
    { echo "Bail out! the site does not start"; tail -n 12 "$CASEMATE_SITE/log"; exit 1; }
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"; end' EXIT

canary=${CASEMATE_CANARY:-$(cd "$(dirname "$0")/../.." && pwd)/build/tests/canary}
a='HARROW VANE' b='SABLE ORCHARD'
ea=$(enclave_of "$a") eb=$(enclave_of "$b")
total=0 found=0
word() { printf 'q%s' "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')"; }
processes() { casemate status --site "$CASEMATE_SITE" --json | jq -r '.processes[] | select(.state == "ready") | "\(.program)-\(.enclave) \(.pid)"'; }
pid_of() { processes | sed -n "s/^$1 //p" | head -n 1; }
ready() { for _ in $(seq 100); do [ -n "$(pid_of "$1")" ] && [ "$(pid_of "$1")" != "$2" ] && return 0; sleep 0.1; done; return 1; }
# nowhere SENTENCE NEEDLES files|memory WHERE...: none of the needles is there
nowhere() {
    sentence=$1 needles=$2; shift 2
    printf '%s\n' "$needles" | "$canary" "$@" >"$work/hits" 2>&1 || { not_ok "$sentence: $(tail -n 1 "$work/hits")"; return; }
    bytes=$(sed -n 's/^scanned \([0-9]*\) .*/\1/p' "$work/hits")
    total=$((total + bytes)) found=$((found + $(grep -c '^hit' "$work/hits")))
    [ "$bytes" -gt 0 ] || not_ok "$sentence: nothing was searched"
    is "$sentence ($bytes bytes)" "$(grep '^hit' "$work/hits" | sort | uniq -c | head -n 5)" ""
}
# hits NEEDLES files|memory WHERE...: how many
hits() { printf '%s\n' "$1" >"$mine/needles"; shift; "$canary" "$@" <"$mine/needles" | sed -n 's/^scanned .* hits //p'; }

# ---- planted, through the product ----

order=WO-$(word | tr a-z A-Z) reason=$(word) draft=$(word) title=$(word) drawing=$(word) other_title=$(word) other_drawing=$(word)
name=$(word) suspended=$(word) letter=$(word)
pin=7$(od -An -N8 -tu8 /dev/urandom | tr -d ' ' | cut -c 1-13)4
first_pin=8$(od -An -N8 -tu8 /dev/urandom | tr -d ' ' | cut -c 1-13)6
of_a="word order $order
word reason $reason
word draft $draft
word title $title
word drawing $drawing"
of_b="word other-title $other_title
word other-drawing $other_drawing"
of_people="word name $name
word suspended $suspended
word letter $letter"
pins="word pin $pin
word first-pin $first_pin"
all_keys=$("$canary" keys "$CASEMATE_SITE" "$ea" "$eb") || give_up "the keys are not known"
check "there are keys to search for" [ "$(echo "$all_keys" | wc -l)" -gt 10 ]

plant_drawing() { # plant_drawing PROGRAM BADGE TITLE WORD
    token=$(enter "$2" "$1") || exit 1
    content=$({ head -c 5000 /dev/zero | tr '\0' x; printf ' %s ' "$4"; head -c 5000 /dev/zero | tr '\0' y; } | base64 -w 0)
    post "$1" "$token" /api/define/document "$(jq -nc --arg i "$(uuid)" --arg d "$(uuid)" --arg t "$3" --arg c "$content" \
        '{id: $i, document: $d, number: "CANARY", revision: "A", title: $t, technical: false, content: $c}')"
    is "a drawing is planted in $1" "$status" 200
}
plant_draft() { # plant_draft PROGRAM BADGE WORD
    token=$(enter "$2" "$1") || exit 1
    get "$1" "$token" /api/tasks
    unit=$(answer '[.tasks[] | select(.state == "ready" or .state == "running")][0].unit')
    sequence=$(answer '[.tasks[] | select(.state == "ready" or .state == "running")][0].sequence')
    post "$1" "$token" /api/operations/start "$(jq -nc --arg id "$(uuid)" --arg u "$unit" --argjson s "$sequence" '{id: $id, unit: $u, sequence: $s}')"
    draft "$1" "$token" "$3"
    is "a draft is planted in $1" "$status" 200
    get "$1" "$token" "/api/operations/draft?unit=$unit&sequence=$sequence"
    says "and shown" "$(cat "$work/answer")" "$3"
}
draft() { post "$1" "$2" /api/operations/draft "$(jq -nc --arg id "$(uuid)" --arg u "$unit" --argjson s "$sequence" --arg t "$3" '{id: $id, unit: $u, sequence: $s, draft: $t}')"; }
plant_order() { # the enterprise's side lies with the test's papers
    cp -a "$CASEMATE_SITE/enterprise" "$mine/enterprise"
    printf 'number,key,part,rev,qty,due,priority\n%s,KEY-9,4410-0001,C,3,2030-06-28,60\n' "$order" >"$work/orders.csv"
    made=$(casemate-bundle make-orders --json --dir "$mine/enterprise" --enclave "$ea" "$work/orders.csv") || give_up "casemate-bundle made no bundle"
    check "an order is planted" casemate import --site "$CASEMATE_SITE" "$mine/enterprise/out/$(echo "$made" | jq -r .name).tar"
    planner=$(enter CW-1015 "$a") || exit 1
    get "$a" "$planner" /api/inbound
    inbound=$(answer '[.inbound[] | select(.state == "staged")] | last | .inbound')
    post "$a" "$planner" /api/inbound/decline "$(jq -nc --arg id "$(uuid)" --arg i "$inbound" --arg r "$reason" '{id: $id, inbound: $i, reason: $r}')"
    is "and a reason" "$status" 200
}
plant_person() {
    add_person CW-CANARY "$first_pin" "$name" CC
    is "a name is planted" "$status" 200
    choose_pin CW-CANARY "$first_pin" "$pin"
    sign_in_with CW-CANARY "$pin"
    is "and a PIN" "$status" 200
    record_body "$person" role operator "$ea" | jq -c --arg l "$letter" '.document = $l' >"$work/record"
    entry_post "$one_token" records "$(cat "$work/record")"
    is "a letter" "$status" 200
    entry_post "$one_token" suspend "{\"id\":\"$(uuid)\",\"holder\":\"$person\",\"reason\":\"$suspended\"}"
    is "a reason to suspend" "$status" 200
}
plant_drawing "$a" CW-1013 "$title" "$drawing"
plant_drawing "$b" CW-2005 "$other_title" "$other_drawing"
plant_order
plant_person
plant_draft "$a" CW-1007 "$draft"

# ---- the search finds what is there ----

check "the search finds the words where they are at work" [ "$(hits "$of_a" memory "$(pid_of "worker-$ea")")" -gt 0 ]
printf 'xx%sxx' "$draft" >"$mine/planted"
printf '%s' "$draft" | base64 >"$mine/planted-too"
is "and in a file, in base64 too" "$(hits "word draft $draft" files "$mine/planted" "$mine/planted-too")" 2

# ---- what happens to a site ----

# lift PID: its limit on cores, where this machine lets root do that
lift() { prlimit --pid "$1" --core=unlimited:unlimited 2>/dev/null || not_lifted=1; }
not_lifted=0

mkdir "$disk/media"
check "a backup is made" casemate backup "$disk/media" --site "$CASEMATE_SITE"
check "the enclave gets a new key" casemate rekey "$ea" --site "$CASEMATE_SITE"
ready "worker-$ea" 0
all_keys="$all_keys
$("$canary" keys "$CASEMATE_SITE" "$ea" "$eb" | grep "/$ea ")"
token=$(enter CW-1007 "$a") || exit 1
dd if=/dev/zero of="$disk/fill" bs=64k >/dev/null 2>&1; dd if=/dev/zero of="$disk/fill2" bs=1 count=100000 >/dev/null 2>&1
n=0
while [ $n -lt 400 ]; do n=$((n + 1)); draft "$a" "$token" "$draft $n $(head -c 1500 /dev/zero | tr "\0" z)"; [ "$status" = 200 ] || break; done
is "the disk is full, and it is said" "$status" 503
rm "$disk/fill" "$disk/fill2"
# works WHAT: until a draft is kept.  A program that was killed is ready before it has been told of
# its people and their sessions; until then it answers 503, and nobody enters it
works() {
    for _ in $(seq 100); do
        token=$(enter CW-1007 "$a") && draft "$a" "$token" "$draft $1" && [ "$status" = 200 ] && return
        sleep 0.1
    done
}
mkdir -m 1777 "$disk/cores"
echo "$disk/cores/core.%e.%p" >/proc/sys/kernel/core_pattern 2>/dev/null || echo "# cores go where this machine sends them: $pattern"
for signal in KILL SEGV KILL ABRT; do
    victim=$(pid_of "worker-$ea")
    [ -n "$victim" ] || { not_ok "the worker is there"; tail -n 8 "$CASEMATE_SITE/log" | sed 's/^/#   /'; break; }
    lift "$victim"
    kill -"$signal" "$victim"
    check "ended with SIG$signal and its limit on cores lifted it comes back" ready "worker-$ea" "$victim"
    ready "gateway-$ea" 0
    works "$signal"
    is "and works" "$status" 200
    [ "$status" = 200 ] || { sed 's/^/#   /' "$work/answer"; df "$disk" | sed 's/^/#   /'; tail -n 8 "$CASEMATE_SITE/log" | sed 's/^/#   /'; }
done
victim=$(pid_of identity-)
lift "$victim"
kill -ABRT "$victim"
check "identity, too" ready identity- "$victim"
[ $not_lifted = 0 ] || echo "# this machine does not let root lift the limit of a confined process"
echo "# cores that the kernel wrote: $(find "$disk/cores" "$CASEMATE_SITE" -name 'core*' -type f | wc -l)"

# ---- memory: of everybody but whose it is, when whose it was is gone ----

sign_in CW-1007 >/dev/null
sleep 1
gone=$(pid_of "worker-$ea")
kill -9 "$gone"; kill -9 "$(pid_of "gateway-$ea")"
ready "worker-$ea" "$gone"; ready "gateway-$ea" 0
others() { processes | grep -v "$1" | cut -d ' ' -f 2; }
of() { printf '%s\n' "$all_keys" | grep "$1"; }
supervisor=$(pgrep -f "^supervisor $CASEMATE_SITE " | head -n 1)
# shellcheck disable=SC2046
{
    nowhere "one program's words are in nobody else's memory" "$of_a" memory $(others "^worker-$ea\|^gateway-$ea") $supervisor
    nowhere "nor the other's" "$of_b" memory $(others "^worker-$eb\|^gateway-$eb") $supervisor
    nowhere "names and letters: not in keeper, auditor, hasher, supervisor" "$of_people" memory $(processes | grep '^keeper\|^auditor\|^hasher' | cut -d ' ' -f 2) $supervisor
    nowhere "PINs are in no process at all" "$pins" memory $(others ^none) $supervisor
    nowhere "a store's key is in nobody's memory but its worker's" "$(of "^key store/$ea ")" memory $(others "^worker-$ea") $supervisor
    nowhere "nor is the root key in anybody's but the keeper's" "$(of '^key root')" memory $(others ^keeper) $supervisor
    # SQLCipher keeps an open store's key in ordinary memory, its own process's; nobody else does
    for one in $(processes | tr ' ' :); do
        "$(dirname "$canary")/ring" core "${one##*:}" >"$mine/core" 2>/dev/null
        [ -s "$mine/core" ] || continue
        case $one in worker-*) its="^key store/${one#worker-} " ;; identity-*) its='^key store/- ' ;; *) its=^none ;; esac
        its=$(echo "$its" | sed 's/:.* $/ /')
        nowhere "a core of ${one%%:*} that somebody forces holds no key but its open store's" "$(printf '%s\n' "$all_keys" | grep -v "$its")" files "$mine/core"
    done
}

# ---- the disk, raw, and what lies around it ----

casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1
for _ in $(seq 50); do [ -e "$CASEMATE_SITE/console.sock" ] || break; sleep 0.1; done
everything="$of_a
$of_b
$of_people
$pins
$all_keys"
nowhere "negative 11: no file of the site, its backup or its cores has one" "$everything" files "$disk"
sync; umount "$disk" || give_up "the disk is still used"
nowhere "nor any block of the raw disk, freed ones as well" "$everything" files "$mine/image"
echo "this is searched" >"$base/searched"
nowhere "nor a temporary file or shared memory" "$everything" files /tmp /var/tmp /dev/shm
swaps=$(tail -n +2 /proc/swaps | cut -d ' ' -f 1)
# shellcheck disable=SC2086
if [ -n "$swaps" ]; then nowhere "nor swap" "$everything" files $swaps; else echo "# this machine has no swap"; fi
said=ok; [ "$found" -eq 0 ] || said=short
echo "figure canary_hits = $found of-$total-bytes-scanned (limit 0, ratio $found, wants 0) $said"
finish
