#!/bin/sh
# Goal: an order of the enterprise comes in, as a signed bundle that two people accept; and nothing
# else does.  Every refusal is read as the person at the console or at the screen reads it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
enclave=$(enclave_of "$program")
other=$(enclave_of 'SABLE ORCHARD')
planner=CW-1015
quality=CW-1012
manager=CW-1014
stamp=$(date +%s)
number=WO-$stamp

cat >"$work/orders.csv" <<CSV
number,key,part,rev,qty,due,priority
$number,ORD-$stamp,4410-0001,C,2,2030-06-28,60
CSV
made=$(casemate-bundle make-orders --json --dir "$CASEMATE_SITE/enterprise" --enclave "$enclave" "$work/orders.csv") ||
    give_up "casemate-bundle made no bundle"
name=$(echo "$made" | jq -r .name).tar
cp "$CASEMATE_SITE/enterprise/out/$name" "$CASEMATE_SITE/enterprise/out/$name.minisig" "$work/"
digest=$(tar -xOf "$work/$name" manifest.json | b2sum -l 256 | cut -c 1-64)
import() { casemate import --site "$CASEMATE_SITE" "$@"; }

# ---- what is not taken ----

mkdir "$work/bad"
fresh() { cp "$work/$name" "$work/$name.minisig" "$work/bad/"; }

fresh; flip "$work/bad/$name" 700
refused "a bundle with one changed byte is refused" 1 "the signature does not verify" import "$work/bad/$name"

fresh; flip "$work/bad/$name.minisig" 60
refused "a changed signature file is refused" 1 "signature" import "$work/bad/$name"

fresh; head -c 1024 "$work/$name" >"$work/bad/$name"
refused "a bundle that was cut is refused" 1 "the signature does not verify" import "$work/bad/$name"

wrong=$(echo "$name" | sed "s/$enclave/$other/")
fresh; mv "$work/bad/$name" "$work/bad/$wrong"; mv "$work/bad/$name.minisig" "$work/bad/$wrong.minisig"
refused "a bundle under another program's name is refused" 1 "for another program" import "$work/bad/$wrong"

none=$(echo "$name" | sed "s/$enclave/eaaaaaa0/")
cp "$work/$name" "$work/bad/$none"; cp "$work/$name.minisig" "$work/bad/$none.minisig"
refused "a bundle for an enclave that is not there is refused" 1 "this site has no such enclave" import "$work/bad/$none"

cp "$work/$name" "$work/bad/orders.tar"
refused "a file of another name is not even opened" 2 "a bundle is named l2h-orders-" import "$work/bad/orders.tar"

rm -f "$work/bad/"*; cp "$work/$name" "$work/bad/"
refused "a bundle without its signature file is refused" 3 "does not lie beside it" import "$work/bad/$name"

token=$(enter $planner "$program")
get "$program" "$token" /api/inbound
is "nothing of this has come to the program" "$(answer --arg d "$digest" '[.inbound[] | select(.digest == $d)] | length')" 0

# ---- what is taken ----

refused "the bundle as it was made is verified and waits for two people" 0 "where two people accept it" import "$work/$name"

waiting() {
    get "$program" "$token" /api/inbound
    answer --arg d "$digest" --arg f "$1" '[.inbound[] | select(.digest == $d)] | last | .[$f] // ""'
}
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(waiting state)" = staged ] && break
    sleep 0.2
done
is "it waits on the Transfer page" "$(waiting state)" staged
inbound=$(waiting inbound)
is "the page shows what it would do" "$(answer --arg d "$digest" '.inbound[] | select(.digest == $d) | .orders[0] | "\(.number) \(.part) \(.quantity) \(.difference)"')" "$number 4410-0001 2 New."

meaning='I have read this delivery and accept it'
body() { jq -nc --arg id "$(uuid)" --arg i "$inbound" --arg d "$1" '{id: $id, inbound: $i, digest: $d}'; }
accept() { post_signed "$program" "$2" /api/inbound/accept "$(body "$digest")" "$1" accept-inbound "$meaning"; }
orders() { get "$program" "$token" /api/orders; answer --arg n "$number" '[.orders[] | select(.number == $n)] | length'; }

post "$program" "$token" /api/inbound/accept "$(body "$digest")"
is "without a signature it is not accepted" "$status" 403
says "and the words say so" "$(answer .error)" "This needs your signature."

post_signed "$program" "$token" /api/inbound/accept "$(body "$(echo "$digest" | tr 0-9a-f 1-9a-f0)")" $planner accept-inbound "$meaning"
is "who has looked at other bytes is told so" "$status" 409
says "and the words say so" "$(answer .error)" "other bytes"

operator=$(enter CW-1002 "$program")
accept CW-1002 "$operator"
is "an operator sees nothing that could be accepted" "$status" 404

accept $planner "$token"
is "the first person accepts" "$status" 200
is "one person is not enough: there is no order yet" "$(orders)" 0
is "the page says who accepted first" "$(waiting accepted_by)" "$(card --arg b $planner '.people[] | select(.badge == $b).name')"

accept $planner "$token"
is "the same person does not count twice" "$status" 404

quality_token=$(enter $quality "$program")
accept $quality "$quality_token"
is "a second person accepts" "$status" 200
is "the order is there" "$(orders)" 1
get "$program" "$token" /api/orders
is "as it was sent" "$(answer --arg n "$number" '.orders[] | select(.number == $n) | "\(.part) \(.revision) \(.quantity) \(.priority) \(.due[0:10]) \(.state)"')" "4410-0001 C 2 60 2030-06-28 Accepted"

manager_token=$(enter $manager "$program")
accept $manager "$manager_token"
is "what is applied cannot be accepted again" "$status" 409
says "and the words say so" "$(answer .error)" "has been accepted"

# ---- the same once more ----

refused "the same bundle again is refused, and the console says why" 1 "the same bundle was imported before" import "$work/$name"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(waiting state)" = rejected ] && break
    get "$program" "$token" /api/inbound
    newest=$(answer '.inbound[0] | "\(.state) \(.reason)"')
    case $newest in rejected*) break ;; esac
    sleep 0.2
done
says "the same bundle again is rejected, and says why" "$newest" "the same bundle was imported before"
is "and there is still one order" "$(orders)" 1
finish
