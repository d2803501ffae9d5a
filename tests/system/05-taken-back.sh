#!/bin/sh
# Goal: nothing blocks for good: a delivery that nobody wants is declined and the one behind it
# comes in, a release that was asked for by mistake is withdrawn, an order that is not made any
# more is closed; each with its reason, and the console says what became of a file.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program='SABLE ORCHARD'
enclave=$(enclave_of "$program")
planner=CW-2004
token=$(enter $planner "$program")
import() { casemate import --site "$CASEMATE_SITE" "$@"; }

make_bundle() { # make_bundle ORDER [KEY]: its tar
    printf 'number,key,part,rev,qty,due,priority\n%s,%s,4410-0001,C,3,2030-06-28,60\n' "$1" "${2:-KEY-$1}" >"$work/$1.csv"
    made=$(casemate-bundle make-orders --json --dir "$CASEMATE_SITE/enterprise" --enclave "$enclave" "$work/$1.csv") ||
        give_up "casemate-bundle made no bundle"
    echo "$CASEMATE_SITE/enterprise/out/$(echo "$made" | jq -r .name).tar"
}
delivery() { # delivery TAR FIELD
    digest=$(tar -xOf "$1" manifest.json | b2sum -l 256 | cut -c 1-64)
    get "$program" "$token" /api/inbound
    answer --arg d "$digest" --arg f "$2" '[.inbound[] | select(.digest == $d and .state != "rejected")][0][$f] // ""'
}
send() { # send PATH JQ-OBJECT [JQ OPTIONS...]
    path=$1 object=$2; shift 2
    post "$program" "$token" "$path" "$(jq -nc --arg id "$(uuid)" "$@" "{id: \$id} + $object")"
}

# ---- a delivery ----

first=$(make_bundle "WO-T1-$$")
second=$(make_bundle "WO-T2-$$")
refused "the second of two deliveries is refused before the first, with the number that is next" 1 "is next. Import the missing ones first" import "$second"
refused "the first waits for two people" 0 "waits on the Transfer page" import "$first"
unwanted=$(delivery "$first" inbound)
send /api/inbound/decline '{inbound: $i}' --arg i "$unwanted"
is "without a reason nothing is declined" "$status" 400
says "and the field is named" "$(answer .error)" "reason"
send /api/inbound/decline '{inbound: $i, reason: "Sent for another plant."}' --arg i "$unwanted"
is "a planner declines it" "$status" 200
is "it is declined" "$(delivery "$first" state)" declined
says "with who and why" "$(delivery "$first" reason)" "Sent for another plant."
send /api/inbound/decline '{inbound: $i, reason: "Once more."}' --arg i "$unwanted"
is "it cannot be declined twice" "$status" 409
post_signed "$program" "$token" /api/inbound/accept \
    "$(jq -nc --arg id "$(uuid)" --arg i "$unwanted" --arg d "$(delivery "$first" digest)" '{id: $id, inbound: $i, digest: $d}')" \
    $planner accept-inbound 'I have read this delivery and accept it'
is "nor accepted any more" "$status" 409
says "in words" "$(answer .error)" "has been declined"
refused "importing it again is refused, too" 1 "the same bundle was imported before" import "$first"
refused "the delivery behind it comes in" 0 "waits on the Transfer page" import "$second"
for badge in CW-2004 CW-2006; do
    one=$(enter $badge "$program")
    post_signed "$program" "$one" /api/inbound/accept \
        "$(jq -nc --arg id "$(uuid)" --arg i "$(delivery "$second" inbound)" --arg d "$(delivery "$second" digest)" '{id: $id, inbound: $i, digest: $d}')" \
        $badge accept-inbound 'I have read this delivery and accept it'
    is "$badge accepts it" "$status" 200
done
third=$(make_bundle "WO-T3-$$" "KEY-WO-T2-$$")
refused "a delivery with the key of another order does not block the channel" 0 "waits on the Transfer page" import "$third"
unwanted=$(delivery "$third" inbound)
post_signed "$program" "$token" /api/inbound/accept \
    "$(jq -nc --arg id "$(uuid)" --arg i "$unwanted" --arg d "$(delivery "$third" digest)" '{id: $id, inbound: $i, digest: $d}')" \
    $planner accept-inbound 'I have read this delivery and accept it'
is "but cannot be accepted: two orders of one key could never be reported" "$status" 409
says "and the words name both" "$(answer .error)" "Order WO-T3-$$ in it has the key of order WO-T2-$$"
send /api/inbound/decline '{inbound: $i, reason: "Its key is another order'"'"'s."}' --arg i "$unwanted"
is "it is declined" "$status" 200
state=$CASEMATE_SITE/enterprise/state/orders-$enclave
cp "$state" "$work/state"
sed 's/epoch=0001/epoch=0002/' "$work/state" >"$state"
stray=$(make_bundle "WO-T4-$$")
cp "$work/state" "$state"
refused "a delivery of a newer epoch that is not its first is refused" 1 "number 1 is next" import "$stray"
fourth=$(make_bundle "WO-T5-$$")
refused "and ends nothing: the older epoch goes on" 0 "waits on the Transfer page" import "$fourth"
send /api/inbound/decline '{inbound: $i, reason: "Only a trial."}' --arg i "$(delivery "$fourth" inbound)"
is "it is declined, too" "$status" 200

# ---- an order ----

order() { get "$program" "$token" /api/orders; answer --arg n "WO-T2-$$" --arg f "$1" '.orders[] | select(.number == $n)[$f]'; }
send /api/orders/close '{order: $o, reason: "Ordered twice."}' --arg o "$(order order)"
is "an order that is not made any more is closed" "$status" 200
is "and says so" "$(order state)" Closed
send /api/orders/release '{order: $o}' --arg o "$(order order)"
is "it cannot be released to the floor" "$status" 409
says "in words" "$(answer .error)" "is closed"
operator=$(enter CW-2001 "$program")
post "$program" "$operator" /api/orders/close "$(jq -nc --arg id "$(uuid)" --arg o "$(order order)" '{id: $id, order: $o, reason: "x"}')"
is "an operator cannot close an order" "$status" 404

# ---- a release ----

slot=$(date -u -d '-14 days' +%G-W%V)
release() { get "$program" "$token" /api/releases; answer --arg s "$slot" --arg f "$1" '[.releases[] | select(.slot == $s)][0][$f] // ""'; }
ask() { send /api/releases '{slot: $s}' --arg s "$slot"; }
await() { for _ in $(seq 50); do [ "$(release state)" = "$1" ] && return 0; sleep 0.2; done; return 1; }
ask
is "a planner asks for a week" "$status" 200
check "it waits for two approvals" await awaiting
number=$(release sequence)
ask
is "another cannot be asked for meanwhile" "$status" 409
says "and the words say what to do" "$(answer .error)" "withdraw"
send /api/releases/withdraw '{release: $r, reason: "The wrong week."}' --arg r "$(release release)"
is "it is withdrawn" "$status" 200
is "and says so" "$(release state)" withdrawn
says "with who and why" "$(release reason)" "The wrong week."
manager=$(enter CW-2006 "$program")
post_signed "$program" "$manager" /api/releases/approve \
    "$(jq -nc --arg id "$(uuid)" --arg r "$(release release)" --arg m "$(release manifest)" '{id: $id, manifest: $m, release: $r}')" \
    CW-2006 approve-release 'I have read every byte and approve this release'
is "nobody can approve it any more" "$status" 409
ask
is "the week can be asked for again" "$status" 200
check "and is built again" await awaiting
is "under the same number, which nothing has left with" "$(release sequence)" "$number"
send /api/releases/withdraw '{release: $r, reason: "Only a trial."}' --arg r "$(release release)"
is "and withdrawn again" "$status" 200
check "the log replays to the tables" casemate replay --site "$CASEMATE_SITE" "$enclave"
finish
