#!/bin/sh
# Goal: a full disk is said everywhere in the same words, and nothing says otherwise: not the answer,
# not the console, not the auditor's journal; with room again everything goes on.
# This test makes a site of its own, on a disk of its own; PATH has the tools; it needs root.
set -u

disk=$(mktemp -d /tmp/casemate-full-XXXXXX)
mount -t tmpfs -o size=64m,mode=0711 tmpfs "$disk" || { echo "Bail out! no tmpfs can be mounted"; exit 1; }
CASEMATE_SITE=$disk/site
export CASEMATE_SITE CASEMATE_CARD="$disk/site/card.json"
end() { casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1; umount -l "$disk"; rmdir "$disk"; }
trap end EXIT
trap 'exit 1' INT TERM
casemate training create "$CASEMATE_SITE" --port 7440 >/dev/null &&
    timeout 60 casemate training start "$CASEMATE_SITE" >/dev/null 2>&1 ||
    { echo "Bail out! the site does not start"; tail -n 12 "$CASEMATE_SITE/log"; exit 1; }
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"; end' EXIT

program='SABLE ORCHARD'
enclave=$(enclave_of "$program")
token=$(enter CW-2004 "$program")
journal=$CASEMATE_SITE/auditor/journal.log
import() { casemate import --site "$CASEMATE_SITE" "$@"; }
make_bundle() { # make_bundle ORDER: its tar
    printf 'number,key,part,rev,qty,due,priority\n%s,KEY-%s,4410-0001,C,3,2030-06-28,60\n' "$1" "$1" >"$work/orders.csv"
    made=$(casemate-bundle make-orders --json --dir "$CASEMATE_SITE/enterprise" --enclave "$enclave" "$work/orders.csv") ||
        give_up "casemate-bundle made no bundle"
    echo "$CASEMATE_SITE/enterprise/out/$(echo "$made" | jq -r .name).tar"
}
decline() { post "$program" "$token" /api/inbound/decline "$(jq -nc --arg id "$1" --arg i "$inbound" '{id: $id, inbound: $i, reason: "Nobody wants it."}')"; }
outcomes() { grep "audit 4 . $(echo "$1" | tr -d -) " "$journal" | sed 's/.* audit 4 \(.\) .*/\1/' | tr '\n' ' '; }

first=$(make_bundle WO-FULL-1)
second=$(make_bundle WO-FULL-2)
check "a delivery comes in" import "$first"
get "$program" "$token" /api/inbound
inbound=$(answer '[.inbound[] | select(.state == "staged")][0].inbound')

# full for the store; the journal may still be written, in the room that its last page has
operator=$(enter CW-2001 "$program")
sleep 1.2
for _ in 1 2 3 4 5 6 7 8; do
    [ $(($(stat -c %s "$journal") % 4096)) -gt 2000 ] || break
    get "$program" "$operator" /api/security
    sleep 0.1
done
dd if=/dev/zero of="$disk/fill" bs=4k >/dev/null 2>&1
refused "an import on a full disk is refused in words" 1 "The store is full. Nothing was recorded" import "$second"
id=$(uuid)
decline "$id"
is "so is what the security class does" "$status" 503
says "in the same words" "$(answer .error)" "Nothing was recorded"
sleep 0.5
is "and the journal says that it was refused, not that it was done" "$(outcomes "$id")" "0 2 "

rm "$disk/fill"
sleep 1
decline "$id"
is "with room again the same request is carried out" "$status" 200
sleep 0.5
is "and the journal says so" "$(outcomes "$id" | cut -c 5-)" "0 1 "
check "the refused delivery comes in" import "$second"
check "the log replays to the tables" casemate replay --site "$CASEMATE_SITE" "$enclave"
finish
