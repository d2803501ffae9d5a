#!/bin/sh
# Goal: what a person, a station or a program may not do is denied, and recorded: forged, replayed
# and stolen words, markings and nationalities, what ends while a session is open, and one human
# being with two accounts.  Each line names what is tried.
. "$(dirname "$0")/lib.sh"

program="HARROW VANE" other="SABLE ORCHARD"
enclave=$(enclave_of "$program")
journal=$CASEMATE_SITE/auditor/journal.log
lines() { wc -l <"$journal"; }
# recorded SENTENCE BEFORE PART: a line behind BEFORE has PART; the journal follows the answer
recorded() {
    for _ in $(seq 40); do
        tail -n "+$(($2 + 1))" "$journal" | grep -q "$3" && { ok "$1"; return; }
        sleep 0.05
    done
    not_ok "$1"; tail -n "+$(($2 + 1))" "$journal" | tail -n 3 | sed 's/^/#   /'
}
unit=$(get "$program" "$(enter CW-1011 "$program")" "/api/tasks"; answer '[.tasks[] | select(.state == "ready")][0].unit')
sequence=$(answer --arg u "$unit" '[.tasks[] | select(.unit == $u)][0].sequence')
part=$(answer --arg u "$unit" '[.tasks[] | select(.unit == $u)][0].part')
document=$(jq -r '[.. | objects | select(.kind? == "document")][0].body.document' \
    "$(dirname "$0")/../../appliance/training/harrow-vane.json")
job="/api/job?unit=$unit&sequence=$sequence"
drawing="/api/document?document=$document"
status_of() { get "$program" "$1" "$2"; printf %s "$status"; }
# becomes CODE TOKEN PATH: within five seconds
becomes() {
    for _ in $(seq 100); do
        [ "$(status_of "$2" "$3")" = "$1" ] && return 0
        sleep 0.05
    done
    return 1
}

# ---- 13, 14, 15, 17: words of others ----

ana=$(enter CW-1003 "$program") || exit 1
is "she opens the job" "$(status_of "$ana" "$job")" 200
before=$(lines)
forged=$(printf '%s' "$ana" | sed 's/......$/AAAAAA/')
is "13: a token that identity did not sign is refused" "$(status_of "$forged" "$job")" 401
recorded "13: and recorded" "$before" "a_token_that_is_not_good_here"
before=$(lines)
get "$other" "$ana" "/api/tasks"
is "14: a token is refused at another program" "$status" 401
recorded "14: and recorded" "$before" "a_token_that_is_not_good_here"
henrik=$(enter CW-1012 "$program") || exit 1
http "http://localhost:$(port_of "$program")/api/sign-out" "$henrik" --data-binary '{}'
is "14: a session that is over is refused" "$(status_of "$henrik" "$job")" 401
sign() { # TOKEN BADGE OPERATION BODY: the statement
    digest=$(printf 'casemate/action/1\n%s\n%s\n%s' "$3" "$enclave" "$4" | sha256sum | cut -c 1-64)
    post "$program" "$1" /api/sign "$(jq -nc --arg b "$2" --arg p "$(pin_of "$2")" --arg o "$3" --arg d "$digest" \
        '{badge: $b, pin: $p, operation: $o, digest: $d, meaning: "I mean it"}')"
    answer .statement
}
signed_post() { http "http://localhost:$(port_of "$program")$2" "$1" --data-binary "$3" -H "X-Casemate-Statement: $4"; }
officer=$(enter "$officer_one" "$program") || exit 1
manager=$(enter CW-1014 "$program") || exit 1
body="{\"id\":\"$(uuid)\",\"release\":\"$(uuid)\",\"manifest\":\"$(printf '%0128d' 0)\"}"
statement=$(sign "$manager" CW-1014 approve-release "$body")
post "$program" "$manager" /api/sign "$(jq -nc --arg p "$(pin_of CW-1003)" '{badge: "CW-1003", pin: $p, operation: "approve-release", digest: ("0" * 64), meaning: "x"}')"
is "15: nobody signs in another's session" "$status" 403
# what is signed with somebody's words: another body, another session, an altered statement
start="{\"id\":\"$(uuid)\",\"unit\":\"$unit\",\"sequence\":$sequence}"
mine=$(sign "$ana" CW-1003 start-operation "$start")
before=$(lines)
signed_post "$ana" /api/operations/start "$(printf '%s' "$start" | sed "s/\"sequence\":$sequence/\"sequence\": $sequence/")" "$mine"
is "15: a signature over other bytes is refused" "$status" 403
recorded "15: and recorded" "$before" "The_signature_is_for_something_else"
mara=$(enter CW-1001 "$program") || exit 1
signed_post "$mara" /api/operations/start "$start" "$mine"
is "15: and another's signature" "$status" 403
signed_post "$ana" /api/operations/start "$start" "$(printf '%s' "$mine" | sed 's/^\(.\{40\}\)x/\1y/; t; s/^\(.\{40\}\)./\1x/')"
is "15: and an altered one" "$status" 403

# ---- 19: other origins and names ----

is "19: a request from another origin" "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $ana" -H 'Origin: http://localhost:1' "http://localhost:$(port_of "$program")$job")" 403
is "19: a name that was rebound" "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $ana" -H "Host: evil.test:$(port_of "$program")" "http://localhost:$(port_of "$program")$job")" 403

# ---- 22, 24, 25: nations ----

engineer=$(enter CW-1013 "$program") || exit 1
# approve_marking TOKEN BADGE PROPOSAL
approve_marking() { post_signed "$program" "$1" /api/define/marking/approve "{\"id\":\"$(uuid)\",\"proposal\":\"$3\"}" "$2" approve-marking "I approve the marking"; }
mark() { # OBJECT JSON: as an officer marks it; what opens something the engineer approves
    post "$program" "$officer" /api/define/marking "$(jq -nc --arg id "$(uuid)" --arg o "$1" --argjson m "$2" \
        '{id: $id, object: $o, level: 1, itar: true, ear: false, category: "VIII(h)", source: "a test"} + $m')"
    [ "$status" = 200 ] || give_up "$1 is not marked: $(cat "$work/answer")"
    case $(answer .text) in Proposed*) ;; *) return ;; esac
    get "$program" "$engineer" /api/markings
    approve_marking "$engineer" CW-1013 "$(answer --arg o "$1" '[.markings[] | select(.object == $o and .state == "proposed")][-1].proposal')"
    [ "$status" = 200 ] || give_up "$1's marking is not approved: $(cat "$work/answer")"
}
name=$(get "$program" "$officer" "/api/policy/why?who=A03&what=view-document&on=$document"; answer '.object | sub("Document "; "")')
is "she opens the drawing" "$(status_of "$ana" "$drawing")" 200
citizen=$(record_id CW-1003 citizenship)
revoke "$citizen" "a green card, not a passport"
grant CW-1003 citizenship MEX
becomes 200 "$ana" "$drawing"
is "22: a green card holder is a US person for ITAR" "$(status_of "$ana" "$drawing")" 200
mark "$name" '{"dissem": "NOFORN"}'
before=$(lines)
is "22: and none for NOFORN" "$(status_of "$ana" "$drawing")" 404
recorded "22: recorded with the rule" "$before" "M20-noforn"
is "22: she is not told why" "$(grep -c NOFORN "$work/answer")" 0
grant CW-1003 citizenship USA
check "22: a dual national passes" becomes 200 "$ana" "$drawing"
mark "$name" '{}'

# who is shut out of an object does not open it by marking it anew
unmark() { post "$program" "$engineer" /api/define/marking "{\"id\":\"$(uuid)\",\"object\":\"$1\",\"level\":1,\"itar\":true,\"ear\":false,\"category\":\"VIII(h)\",\"source\":\"a test\"}"; }
unmark no-such-part
nothing="$status $(cat "$work/answer")"
mark "$name" '{"group": "LOT-9"}'
unmark "$name"
is "marking what one may not see is answered like marking what is not there" "$status $(cat "$work/answer")" "$nothing"
get "$program" "$engineer" "/api/markings?object=no-such-part"
nothing="$status $(cat "$work/answer")"
is "nor is there a marking of what is not there" "$status" 404
get "$program" "$engineer" "/api/markings?object=$name"
is "how it is marked is answered alike" "$status $(cat "$work/answer")" "$nothing"
grant CW-1013 need-to-know LOT-9 "$enclave"
check "who may see it may mark it" becomes 200 "$engineer" "$drawing"
get "$program" "$engineer" "/api/markings?object=$name"
is "and reads how it is marked, and from which source" "$(answer '.markings | map(.state + " " + .group + " " + .source) | join("; ")')" "in force LOT-9 a test"
get "$program" "$engineer" "/api/markings?object=4410-0500"
is "what nobody has marked by itself is marked as the program" "$(answer '.markings[0] | .state + " " + .category + ", " + .what')" "as the program VIII(h), Screw #4-40"
unmark "$name"
says "and what opens it is proposed alone" "$status $(answer .text)" "200 Proposed, and not in force: another need-to-know group, or none."
is "the marking in force stays" "$(status_of "$ana" "$drawing")" 404
get "$program" "$engineer" /api/markings
proposal=$(answer --arg o "$name" '[.markings[] | select(.object == $o and .state == "proposed")][-1].proposal')
is "it is listed with what it opens" "$(answer --arg p "$proposal" '.markings[] | select(.proposal == $p) | .opens + " " + .proposed_by')" "another need-to-know group, or none Priya Raman"
before=$(lines)
approve_marking "$engineer" CW-1013 "$proposal"
is "who proposed it does not approve it" "$status" 404
recorded "which is recorded" "$before" "M34-own-marking"
ingrid=$(enter "$officer_two" "$program") || exit 1
approve_marking "$ingrid" "$officer_two" "$proposal"
is "nor does who may not see what it is" "$status" 404
grant "$officer_two" need-to-know LOT-9 "$enclave"
for _ in $(seq 40); do get "$program" "$ingrid" /api/markings; [ "$(answer --arg p "$proposal" '[.markings[] | select(.proposal == $p)] | length')" = 1 ] && break; sleep 0.1; done
post "$program" "$ingrid" /api/define/marking/approve "{\"id\":\"$(uuid)\",\"proposal\":\"$proposal\"}"
is "nor anybody without a signature" "$status" 403
approve_marking "$ingrid" "$officer_two" "$proposal"
is "another person does" "$status" 200
check "then it is open" becomes 200 "$ana" "$drawing"
approve_marking "$ingrid" "$officer_two" "$proposal"
is "once" "$status" 409
change() { post "$program" "$engineer" /api/define/marking "$(jq -nc --arg id "$1" --arg o "$name" --argjson m "$2" '{id: $id, object: $o, level: 1, itar: true, ear: false, category: "VIII(h)", source: "a test"} + $m')"; }
proposal=$(uuid); change "$proposal" '{"category": "XI(c)"}'
says "another category opens it to others" "$(answer .text)" "another category"
change "$(uuid)" '{"dissem": "ORCON"}'
is "one person raises it" "$(answer .text)" "Recorded."
approve_marking "$ingrid" "$officer_two" "$proposal"
says "what was proposed before that is not approved" "$status $(answer .error)" "409 It has been marked anew"
post "$program" "$ingrid" /api/define/marking/decline "{\"id\":\"$(uuid)\",\"proposal\":\"$proposal\",\"reason\":\"overtaken\"}"
is "it is declined" "$status" 200
post "$program" "$engineer" /api/define/program '{"id":"'"$(uuid)"'","name":"HARROW VANE","banner":"X","banner_kind":"cui","legend":"","site":"PLANT-1","level":0,"export_controlled":false,"serial_prefix":"HV"}'
says "nor is the program defined lower" "$status $(answer .error)" "409 The program's level would go down"
mark "$name" '{}'

# 24: not a US person, an authorization in force, a citizenship once held in a proscribed country
emil=$(enter CW-1008 "$program") || exit 1
is "24: an authorization names him" "$(status_of "$emil" "$drawing")" 200
before=$(lines)
grant CW-1008 country-itar RUS
check "24: a country once held closes it" becomes 404 "$emil" "$drawing"
recorded "24: recorded with the rule" "$before" "audit 2 3 .* M18-proscribed"
revoke "$record" "entered for the wrong person"
says "24: what would open it again one officer does not take away alone" "$status $(answer .text)" "200 Recorded. More would be open"
is "24: it stays closed" "$(status_of "$emil" "$drawing")" 404
record_body "$(person_of CW-1008)" country-itar CZE | jq -c --arg s "$record" '.supersedes = $s' >"$work/entered"
entry_post "$one_token" records "@$work/entered"
approve "$(jq -r .record "$work/entered")"
check "24: superseded by two, it is open again" becomes 200 "$emil" "$drawing"
before=$(lines)
while closing=$(record_id CW-1008 country-itar); [ "$closing" != null ]; do revoke "$closing" "not proven"; [ "$status" = 200 ] || break; done
check "25: without a country on record it is closed" becomes 404 "$emil" "$drawing"
recorded "25: recorded with the rule" "$before" "audit 2 3 .* M18-proscribed"
grant CW-1008 country-itar CZE
check "25: with one it is open" becomes 200 "$emil" "$drawing"
for wrong in XXX usa USAA ""; do
    entry_post "$one_token" records "$(record_body "$(person_of CW-1008)" country-itar "$wrong")"
    case $status in 400 | 409) ok "25: no record says \"$wrong\" is a country" ;; *) not_ok "25: $wrong was taken: $status" ;; esac
done
entry_post "$one_token" records "$(record_body "$(person_of CW-1008)" affiliation Supplier)"
says "an affiliation that no rule knows is refused" "$status $(cat "$work/answer")" "409"
without() { record_body "$(person_of CW-1008)" skill test | jq -c "del(.$1)"; }
for field in document document_type document_date granted_by until; do
    entry_post "$one_token" records "$(without "$field")"
    is "a record without $field is refused, and it is said" "$status $(answer .error)" "400 $field is missing"
done
entry_post "$one_token" records "$(record_body "$(person_of CW-1008)" read-in "$program" "$enclave" "$(rfc3339 $(($(date +%s) + 400 * 86400)))")"
says "a record that lasts too long is refused" "$(cat "$work/answer")" "may last 366 days at most"

# ---- 23, 28: what ends while a session is open ----

before=$(lines)
revoke "$(record_id CW-1008 authorization)" "superseded for the test"
check "28: a revocation closes an open session" becomes 404 "$emil" "$drawing"
recorded "28: and it is recorded" "$before" "audit 2 3 .* M08-itar"
ends=$(($(date +%s) + 3))
grant CW-1008 authorization "VIII(h)" "" "$(rfc3339 "$ends")"
check "23: an authorization for three seconds opens it" becomes 200 "$emil" "$drawing"
while [ "$(date +%s)" -le "$ends" ]; do sleep 0.1; done
before=$(lines)
is "23: a second after its end it is closed, in the same session" "$(status_of "$emil" "$drawing")" 404
recorded "23: and recorded" "$before" "M08-itar"
grant CW-1008 authorization "VIII(h)"
# a release that is half approved
planner=$(enter CW-1015 "$program") || exit 1
slot=$(date -u -d '14 days ago' +%G-W%V)
post "$program" "$planner" /api/releases "{\"id\":\"$(uuid)\",\"slot\":\"$slot\"}"
built() { get "$program" "$manager" /api/releases; [ "$(answer --arg s "$slot" '[.releases[] | select(.slot == $s)][0].state')" = awaiting ]; }
for _ in $(seq 100); do built && break; sleep 0.1; done
check "a release waits for two approvals" built
release=$(answer --arg s "$slot" '[.releases[] | select(.slot == $s)][0].release')
get "$program" "$manager" "/api/release?release=$release"
manifest=$(answer .manifest)
approval() { printf '{"id":"%s","manifest":"%s","release":"%s"}' "$(uuid)" "$manifest" "$release"; }
body=$(approval)
post_signed "$program" "$manager" /api/releases/approve "$body" CW-1014 approve-release "I approve"
is "one approves" "$status" 200
# 29: the manager's second account is the officer's
body=$(approval)
officers
link="{\"id\":\"$(uuid)\",\"person\":\"$(person_of "$officer_one")\",\"same_as\":\"$(person_of CW-1014)\"}"
entry_signed "$two_token" people/link "$link" "$officer_two" link-person "It is one human being"
is "29: one officer says that two accounts are one human being's" "$status" 200
entry_signed "$one_token" people/link/approve "$link" "$officer_one" approve-link "It is one human being"
is "29: and the other, of whom there is none but two, approves" "$status" 200
before=$(lines)
halves() { post_signed "$program" "$officer" /api/releases/approve "$body" "$officer_one" approve-release "I approve"; [ "$status" = 404 ]; }
for _ in $(seq 40); do get "$program" "$officer" "/api/policy/why?who=A03&what=view-tasks"; sleep 0.05; done
check "29: one human being does not approve twice" halves
recorded "29: and it is recorded" "$before" "M10-second-person"
# 28: the second approver is suspended between the first approval and the second
ingrid=$(enter "$officer_two" "$program") || exit 1
grant_back=$officer_two
entry_post "$one_token" suspend "{\"id\":\"$(uuid)\",\"holder\":\"$(person_of CW-1012)\",\"reason\":\"a test\"}"
is "somebody is suspended at once" "$status" 200
http "$entry/api/sign-in" "" --data-binary "{\"badge\":\"CW-1012\",\"pin\":\"$(pin_of CW-1012)\"}"
is "28: who is suspended does not sign in" "$status $(answer .error)" "403 Badge and PIN do not fit together."
body=$(approval)
post_signed "$program" "$ingrid" /api/releases/approve "$body" "$grant_back" approve-release "I approve"
is "another human being is the second" "$status" 200

# ---- records of oneself, and by oneself ----

officers
mine=$(record_body "$(person_of "$officer_two")" skill test)
before=$(lines)
entry_post "$two_token" records "$mine"
is "nobody enters what gives access to himself" "$status" 404
recorded "and it is recorded" "$before" "M29-about-oneself"
mine=$(record_body "$(person_of CW-1002)" skill test)
record=$(printf %s "$mine" | jq -r .record)
entry_post "$two_token" records "$mine"
is "an officer enters one for somebody" "$status" 200
entry_signed "$two_token" records/approve "{\"id\":\"$(uuid)\",\"records\":[\"$record\"]}" "$officer_two" approve-records "mine"
is "and does not approve it" "$status" 404
entry_post "$one_token" records/approve "{\"id\":\"$(uuid)\",\"records\":[\"$record\"]}"
is "nor does another without a signature" "$status" 403
says "which is said" "$(answer .error)" "This needs your signature."
finish
