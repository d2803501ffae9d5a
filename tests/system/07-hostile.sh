#!/bin/sh
# Goal: what one request asks ends no process, and a request that comes twice is done once and
# answered the same, also when the policy would forbid it to be done again.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
enclave=$(enclave_of "$program")
planner=CW-1015 quality=CW-1012 manager=CW-1014 officer=CW-3001
stamp=$(date +%s)
said='I looked at the orders and accept them'
worker() { casemate status --site "$CASEMATE_SITE" | grep worker; }
before=$(worker)

q=$(enter $quality "$program") m=$(enter $manager "$program") p=$(enter $planner "$program")

# ---- an approval with more spaces than there is room for ----

post "$program" "$p" /api/releases "{\"id\":\"$(uuid)\",\"slot\":\"2025-W$(printf %02d $((stamp % 50 + 1)))\"}"
is "a release is requested" "$status" 200
for _ in $(seq 40); do
    get "$program" "$m" /api/releases
    [ "$(answer '.releases[0].state')" = awaiting ] && break
    sleep 0.5
done
release=$(answer '.releases[0].release') manifest=$(answer '.releases[0].manifest')
spaces=$(printf '%500s' '')
approval() { echo "{\"id\":\"$(uuid)\",$1\"manifest\":\"$manifest\",\"release\":\"$release\"}"; }
looked='I looked at every byte and release it'
post_signed "$program" "$m" /api/releases/approve "$(approval "$spaces")" $manager approve-release "$looked"
is "a padded approval is refused" "$status" 400
body=$(approval '')
post_signed "$program" "$m" /api/releases/approve "$body" $manager approve-release "$looked"
is "one without is taken" "$status" 200
post "$program" "$m" /api/releases/approve "$body"
is "and again is answered again" "$status" 200
o=$(enter $officer "$program")
post_signed "$program" "$o" /api/releases/approve "$(approval '')" $officer approve-release "$looked"
is "the second approval is another person's" "$status" 200

# ---- a bundle of a thousand orders, one of them as large as one may be ----

{
    echo 'number,key,part,rev,qty,due,priority'
    echo "WO-$stamp-0000,H$stamp-0000,4410-0001,C,10000,2030-06-28,60"
    for i in $(seq 1001 1999); do echo "WO-$stamp-$i,H$stamp-$i,4410-0001,C,2,2030-06-28,60"; done
} >"$work/orders.csv"
made=$(casemate-bundle make-orders --json --dir "$CASEMATE_SITE/enterprise" --enclave "$enclave" "$work/orders.csv") ||
    give_up "casemate-bundle made no bundle"
name=$(echo "$made" | jq -r .name).tar
check "a bundle of a thousand orders is read" casemate import --site "$CASEMATE_SITE" "$CASEMATE_SITE/enterprise/out/$name"
get "$program" "$q" /api/inbound
inbound=$(answer '[.inbound[] | select(.state == "staged")][0].inbound')
digest=$(answer '[.inbound[] | select(.state == "staged")][0].digest')
body="{\"id\":\"$(uuid)\",\"inbound\":\"$inbound\",\"digest\":\"$digest\"}"
post_signed "$program" "$q" /api/inbound/accept "$body" $quality accept-inbound "$said"
is "the first person accepts it" "$status" 200
first=$(cat "$work/answer")
post "$program" "$q" /api/inbound/accept "$body"
is "the same request again has the first answer" "$status $(cat "$work/answer")" "200 $first"
post_signed "$program" "$q" /api/inbound/accept "{\"id\":\"$(uuid)\",\"inbound\":\"$inbound\",\"digest\":\"$digest\"}" \
    $quality accept-inbound "$said"
is "another one of the same person is refused" "$status" 404
body="{\"id\":\"$(uuid)\",\"inbound\":\"$inbound\",\"digest\":\"$digest\"}"
post_signed "$program" "$m" /api/inbound/accept "$body" $manager accept-inbound "$said"
is "the second person accepts it" "$status" 200
get "$program" "$p" /api/orders
is "the list of orders is answered" "$status" 200
order=$(answer --arg n "WO-$stamp-0000" '.orders[] | select(.number == $n).order')
body="{\"id\":\"$(uuid)\",\"order\":\"$order\"}"
post "$program" "$p" /api/orders/release "$body"
is "ten thousand units are released at once" "$status" 200
post "$program" "$p" /api/orders/release "$body"
is "and again is once" "$status" 200
get "$program" "$q" /api/tasks
is "the task list is answered" "$status" 200

# ---- a certification that is renewed ----

identity() { casemate status --site "$CASEMATE_SITE" | grep identity; }
identity_before=$(identity)
renew() { grant "$officer_two" skill renewed "" "$(rfc3339 $(($(date +%s) + $1 * 86400)))"; } # DAYS
renew 300
is "a certification is entered and approved" "$status" 200
renew 600
is "and renewed" "$status" 200
sleep 1
http "$entry/api/people" "$one_token"
is "people can still be decided on" "$status" 200
is "identity is the same process" "$(identity)" "$identity_before"

# ---- many tries at once ----

for i in $(seq 12); do
    curl -s -m 20 -o /dev/null -w '%{http_code}\n' "$entry/api/sign-in" \
        --data-binary '{"badge":"CW-9001","pin":"000000x"}' >"$work/try-$i" &
done
wait
is "three of twelve tries at once are looked at" "$(cat "$work"/try-* | sort | uniq -c | tr -s ' ' | tr '\n' ';')" " 3 403; 9 429;"

# ---- one session that is refused again and again ----

operator=$(enter CW-1002 "$program")
get "$program" "$operator" /api/security
is "an operator does not see the security page" "$status" 404
journal=$CASEMATE_SITE/auditor/journal.log
lines() { grep -c 'audit 9 3 .* 40 ' "$journal"; }
sleep 1
at_first=$(lines)
for _ in $(seq 60); do get "$program" "$operator" /api/security; done
sleep 1
written=$(($(lines) - at_first))
if [ "$written" -ge 15 ] && [ "$written" -le 20 ]; then ok "sixty refusals of one session are $written lines of the journal"; else not_ok "sixty refusals are $written lines, not about twenty"; fi

is "the worker is the same process" "$(worker)" "$before"
finish
