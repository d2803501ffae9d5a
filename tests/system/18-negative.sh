#!/bin/sh
# Goal: of the negative tests (docs/negative-tests.md) what no other test here shows: words that
# nobody said, said elsewhere or said long ago; what is taken back while it is under way; one human
# being with two accounts.  Each is tried, is denied, and stands in the journal, which is read back.
. "$(dirname "$0")/lib.sh"

forge=${FORGE:-$(cd "$(dirname "$0")/../.." && pwd)/build/tests/forge}
key=${CASEMATE_KEY:-build/tests/key}
program="SABLE ORCHARD" other="HARROW VANE"
enclave=$(enclave_of "$program") elsewhere=$(enclave_of "$other")
journal=$CASEMATE_SITE/auditor/journal.log
door=http://localhost:$(port_of "$program")
lines() { wc -l <"$journal"; }
# recorded SENTENCE BEFORE PART: a line behind BEFORE has PART; the journal follows the answer
recorded() {
    for _ in $(seq 40); do
        tail -n "+$(($2 + 1))" "$journal" | grep -q -e "$3" && { ok "$1"; return; }
        sleep 0.05
    done
    not_ok "$1"; tail -n "+$(($2 + 1))" "$journal" | grep audit | tail -n 3 | sed 's/^/#   /'
}
# told BEFORE WHO WORDS: how many denials the lines behind BEFORE tell of, those among them that a
# line has as a number; awk only adds
told() {
    tail -n "+$(($1 + 1))" "$journal" | awk -v who="$2" -v words="$3" '
        $4 == who && $5 == "audit" && $7 == 3 && index($13, words) {
            n++
            if (match($13, /_and_[0-9]+_more_before/)) n += substr($13, RSTART + 5) + 0
        }
        END { print n + 0 }'
}
# drain COMMAND...: until what it makes refused is a line again: no number is owed any more
drained=0
drain() {
    drained=0
    for _ in $(seq 45); do
        drain_before=$(lines)
        "$@"
        drained=$((drained + 1))
        for _ in 1 2 3 4 5 6; do
            sleep 0.05
            tail -n "+$((drain_before + 1))" "$journal" | grep -q ' audit [0-9]* 3 ' && return 0
        done
        sleep 1.5
    done
    return 1
}
pid_of() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg p "$1" '[.processes[] | select(.program == $p)][0].pid'; }
becomes() { # CODE COMMAND...: within five seconds
    wanted=$1; shift
    for _ in $(seq 100); do "$@"; [ "$status" = "$wanted" ] && return 0; sleep 0.05; done
    return 1
}
events() { get "$program" "$1" /api/security; answer .events; }

officers
# what earlier tests left
for b in CW-2001 CW-2003 CW-2004 CW-2005 CW-2006; do
    entry_get "$one_token" people
    [ "$(answer --arg b "$b" '.people[] | select(.badge == $b).suspended')" != true ] || restore "$b" "left by another test"
done
officer=$(enter "$officer_one" "$program") || exit 1
planner=$(enter CW-2004 "$program") || exit 1
get "$program" "$planner" /api/tasks
unit=$(answer '[.tasks[] | select(.state == "ready" and .sequence == 10)][0].unit // ""')
sequence=10
[ -n "$unit" ] || { unit=$(answer '[.tasks[] | select(.state != "finished")][0].unit') sequence=$(answer '[.tasks[] | select(.state != "finished")][0].sequence'); }

# ---- 13, 14: tokens ----

oskar=$(enter CW-2001 "$program") || exit 1
entry_token=$(sign_in CW-2001)
"$forge" token "$CASEMATE_SITE/training.key" "$oskar" "$elsewhere" >"$work/tokens" || give_up "no token is forged"
"$forge" token "$CASEMATE_SITE/training.key" "$entry_token" "$elsewhere" | grep -v '^other-audience ' >"$work/entry-tokens"
bad_at_worker() { get "$program" "$(sed -n '1s/.* //p' "$work/tokens")" /api/tasks; }
bad_at_identity() { entry_get "$(sed -n '1s/.* //p' "$work/entry-tokens")" people; }
bad_at_door() { post "$program" "$(sed -n '1s/.* //p' "$work/tokens")" /api/touch '{}'; }
drain bad_at_worker || give_up "no refused token is recorded at the worker"
drain bad_at_identity || give_up "no refused token is recorded at identity"
drain bad_at_door || give_up "none through the program's door" # each gateway is counted by itself
tokens_before=$(lines) at_worker=0 at_identity=0
# all_refused FILE REQUEST...: each word of FILE is refused, with the same bytes; count in $tried
all_refused() {
    file=$1; shift
    tried=0 passed="" first=""
    while read -r name word; do
        "$@" "$word"
        tried=$((tried + 1))
        first=${first:-$(cat "$work/answer")}
        [ "$status" = 401 ] && [ "$(cat "$work/answer")" = "$first" ] || passed="$passed $name:$status"
    done <"$file"
}
at_worker_with() { get "$program" "$1" /api/tasks; }
at_door_with() { post "$program" "$1" /api/touch '{}'; }
at_entry_with() { entry_get "$1" people; }
all_refused "$work/tokens" at_worker_with
at_worker=$tried
is "negative 13, 14: $tried tokens with any key, altered, of another program, station, boot, or old, at the worker: denied alike" "$passed" ""
all_refused "$work/tokens" at_door_with
at_identity=$tried
is "negative 13, 14: the same at identity, through the program's door ($tried)" "$passed" ""
all_refused "$work/entry-tokens" at_entry_with
at_identity=$((at_identity + tried))
is "negative 13, 14: and at the entry ($tried)" "$passed" ""
is "the token that they were made from is good" "$(get "$program" "$oskar" /api/tasks; printf %s "$status")" 200

# a session from before a suspension, when its person is back: a tablet that was away
tablet=$oskar
suspend CW-2001 "badge lost"; is "somebody is suspended" "$status" 200
restore CW-2001 "badge found"; is "and restored" "$status" 200
state_of_task() { get "$program" "$1" /api/tasks; answer --arg u "$unit" --argjson s "$sequence" '.tasks[] | select(.unit == $u and .sequence == $s) | "\(.state) \(.mine)"'; }
again=$(enter CW-2001 "$program") || exit 1
check "and works again" becomes 200 at_worker_with "$again"
before=$(state_of_task "$again")
check "negative 14, 28: a tablet that comes back with its old session is denied, though its person may work again" becomes 401 at_worker_with "$tablet"
queued="{\"id\":\"$(uuid)\",\"unit\":\"$unit\",\"sequence\":$sequence}"
post "$program" "$tablet" /api/operations/start "$queued"
is "negative 28: what it had queued is denied" "$status" 401
at_worker=$((at_worker + 2))
oskar=$(enter CW-2001 "$program") || exit 1
is "and nothing of it is done" "$(state_of_task "$oskar")" "$before"

# the way in: once, at its own door, within ten seconds
way_in() { entry_post "$1" enter "{\"enclave\":\"$enclave\"}"; answer .code; }
late=$(way_in "$(sign_in CW-2003)") late_at=$(date +%s)
before=$(lines)
code=$(way_in "$(sign_in CW-2003)")
post "$other" "" /api/redeem "{\"code\":\"$code\"}"
is "negative 14: a way in at another program's door is denied" "$status" 401
post "$program" "" /api/redeem "{\"code\":\"$code\"}"
is "negative 14: and is used up by that" "$status" 401
code=$(way_in "$(sign_in CW-2003)")
post "$program" "" /api/redeem "{\"code\":\"$code\"}"
is "one that is not is good" "$status" 200
post "$program" "" /api/redeem "{\"code\":\"$code\"}"
is "negative 14: once" "$status" 401
entry_post "$(sign_in CW-2001)" enter "{\"enclave\":\"$elsewhere\"}"
is "negative 14: nobody is handed to a program that he is not read in to" "$status" 404
recorded "negative 14: and it is recorded" "$before" "not_read_in,_or_no_such_enclave"
at_identity=$((at_identity + 3)) # ways in, bounded together with the tokens of the station

# ---- 15: signatures ----

# signed TOKEN BADGE OPERATION BODY PLACE: the statement
signed() {
    digest=$(printf 'casemate/action/1\n%s\n%s\n%s' "$3" "$5" "$4" | sha256sum | cut -c 1-64)
    words=$(jq -nc --arg b "$2" --arg p "$(pin_of "$2")" --arg o "$3" --arg d "$digest" '{badge: $b, pin: $p, operation: $o, digest: $d, meaning: "I mean it"}')
    if [ "$5" = entry000 ]; then entry_post "$1" entry/sign "$words"; else post "$program" "$1" /api/sign "$words"; fi
    answer .statement
}
with() { http "$1" "$2" --data-binary "$3" -H "X-Casemate-Statement: $4"; } # URL TOKEN BODY STATEMENT
start="{\"id\":\"$(uuid)\",\"unit\":\"$unit\",\"sequence\":$sequence}"
mine=$(signed "$oskar" CW-2001 start-operation "$start" "$enclave")
"$forge" statement "$CASEMATE_SITE/training.key" "$mine" "$elsewhere" >"$work/statements" || give_up "no statement is forged"
events_before=$(events "$officer") statements_before=$(lines)
statements=0 passed=""
while read -r name word; do
    with "$door/api/operations/start" "$oskar" "$start" "$word"
    statements=$((statements + 1))
    [ "$status" = 403 ] || passed="$passed $name:$status"
done <"$work/statements"
is "negative 15: $statements signatures with any key, altered, of another person, session, station, program or act, or old, are denied" "$passed" ""
again=$(enter CW-2001 "$program") || exit 1
with "$door/api/operations/start" "$again" "$start" "$mine"
is "negative 15: the same person's other session does not use it" "$status" 403
changed=$(printf %s "$start" | sed "s/\"sequence\":$sequence/\"sequence\":$((sequence + 10))/")
with "$door/api/operations/start" "$oskar" "$changed" "$mine"
is "negative 15: nor does another act" "$status" 403
says "which is said" "$(answer .error)" "The signature is for something else."
statements=$((statements + 1)) # of that session; the other has its own number
is "nothing was done" "$(events "$officer")" "$events_before"
# at the entry, where officers sign
restoring="{\"id\":\"$(uuid)\",\"holder\":\"$(person_of CW-2005)\",\"reason\":\"a test\"}"
suspend CW-2005 "a test"
mine=$(signed "$two_token" "$officer_two" restore "$restoring" entry000)
"$forge" statement "$CASEMATE_SITE/training.key" "$mine" "$elsewhere" | grep -v '^altered-at-[0-9]*[1-9] ' >"$work/entry-statements"
before=$(lines) count=0 passed=""
while read -r name word; do
    with "$entry/api/restore" "$two_token" "$restoring" "$word"
    count=$((count + 1))
    [ "$status" = 403 ] || passed="$passed $name:$status"
done <"$work/entry-statements"
is "negative 15: $count signatures of that kind at the entry are denied" "$passed" ""
with "$entry/api/restore" "$two_token" "$restoring" ""
is "negative 15: so is none" "$status" 403
sleep 0.3
is "negative 15: and each is recorded" "$(told "$before" identity/- signature)" $((count + 1))
with "$entry/api/restore" "$two_token" "$restoring" "$mine"
is "the one that was given is good" "$status" 200
with "$entry/api/restore" "$two_token" "$restoring" "$mine"
case $status in 404 | 409) ok "negative 15: and does nothing a second time" ;; *) not_ok "negative 15: it was done again: $status" ;; esac
before=$(lines)
post "$program" "$oskar" /api/sign "$(jq -nc --arg p "$(pin_of CW-2002)" '{badge: "CW-2002", pin: $p, operation: "start-operation", digest: ("0" * 64), meaning: "x"}')"
is "negative 15: nobody signs in another's session, with his own right PIN" "$status" 403
recorded "negative 15: and it is recorded" "$before" "wrong_badge_or_PIN"

# ---- 19: other origins and names ----

log=$CASEMATE_SITE/log
raw() { printf '%b' "$1" | curl -s -m 5 "telnet://${door#http://}" 2>/dev/null | tr -d '\r' >"$work/raw"; head -n 1 "$work/raw" | cut -c 10-12; }
host=${door#http://}
refusals() { awk '/refused a request under another name or from another origin/ { n++; if (match($0, /and [0-9]+ more/)) n += substr($0, RSTART + 4) + 0 } END { print n + 0 }' "$log"; }
before=$(refusals) sent=0
while read -r what request; do
    is "negative 19: $what is denied" "$(raw "$request\\r\\nConnection: close\\r\\n\\r\\n")" 403
    is "negative 19: and no other page may read it" "$(grep -ci '^access-control' "$work/raw")" 0
    sent=$((sent + 1))
done <<END
a-form-of-another-page POST /api/sign-out HTTP/1.1\\r\\nHost: $host\\r\\nOrigin: http://evil.test\\r\\nAuthorization: Bearer $oskar\\r\\nContent-Length: 0
the-entry's-page-at-a-program GET /api/tasks HTTP/1.1\\r\\nHost: $host\\r\\nOrigin: $entry\\r\\nAuthorization: Bearer $oskar
a-page-without-an-origin GET /api/tasks HTTP/1.1\\r\\nHost: $host\\r\\nOrigin: null\\r\\nAuthorization: Bearer $oskar
asking-beforehand OPTIONS /api/tasks HTTP/1.1\\r\\nHost: $host\\r\\nOrigin: http://evil.test\\r\\nAccess-Control-Request-Method: POST
a-websocket-of-another-page GET /api/tasks HTTP/1.1\\r\\nHost: $host\\r\\nOrigin: http://evil.test\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==
a-name-that-was-rebound GET /api/tasks HTTP/1.1\\r\\nHost: evil.test:${host##*:}\\r\\nAuthorization: Bearer $oskar
a-name-with-a-dot GET / HTTP/1.1\\r\\nHost: localhost.:${host##*:}
a-number-for-a-name GET / HTTP/1.1\\r\\nHost: 2130706433:${host##*:}
the-name-without-its-port GET / HTTP/1.1\\r\\nHost: localhost
no-name GET / HTTP/1.1\\r\\nHost:
END
is "the session that was asked to end goes on" "$(get "$program" "$oskar" /api/tasks; printf %s "$status")" 200
raw "GET /api/tasks HTTP/1.1\\r\\nHost: $host\\r\\nOrigin: $door\\r\\nAuthorization: Bearer $oskar\\r\\nConnection: Upgrade, close\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n" >/dev/null
is "negative 19: no websocket is opened to the own page either" "$(head -n 1 "$work/raw" | cut -c 10-12)" 200
for _ in $(seq 45); do # a number that is owed comes with the next line, a minute later at most
    found=$(refusals)
    [ $((found - before)) -ge "$sent" ] && break
    sleep 1.5
    raw "GET / HTTP/1.1\\r\\nHost: evil.test\\r\\nConnection: close\\r\\n\\r\\n" >/dev/null
    sent=$((sent + 1))
done
check "negative 19: each stands in the site's log ($((found - before)) of $sent)" [ $((found - before)) -ge "$sent" ]

# ---- 25, 26, 27: policies ----

(umask 077; pin_of "$officer_one" >"$work/one.pin"; pin_of "$officer_two" >"$work/two.pin")
policy() { # one|two SUBCOMMAND...
    who=$officer_one; [ "$1" = one ] || who=$officer_two
    pin=$work/$1.pin sub=$2; shift 2
    casemate policy "$sub" --site "$CASEMATE_SITE" --enclave "$program" --badge "$who" --pin-file "$pin" "$@"
}
sets() { policy one list --json | jq -r "$@"; }
in_force() { sets '[.sets[] | select(.layer == "program" and .state == "installed")][0].hash'; }
policy one show >"$work/now.cedar" || give_up "the set in force is not shown"
force=$(in_force)
# a set whose forbid errs for everybody who asks for orders, beside the permit that allows it
{
    cat "$work/now.cedar"
    printf '@id("T01-errs")\n@why("A test.")\nforbid (principal, action == Casemate::Action::"view-orders", resource)\nwhen { principal has clearance && principal.clearance + 9223372036854775807 < 0 };\n'
} >"$work/errs.cedar"
jq -c '{context, entities: [.entities[] | select(.uid.id as $i | ["ana", "SN-1", "cell-1", "falcon", "program", "view-tasks", "read"] | index($i))],
    tests: [.tests[] | select(.name == "an operator sees tasks")]}' policy/site/site.tests.json >"$work/tests.json"
propose() { policy one propose --layer program --policy "$1" --tests "$work/tests.json" --reason "a negative test" --json | jq -r .proposal; }
before=$(lines)
printf 'permit (principal, action, resource) when { principal.nothing };\n' >"$work/invalid.cedar"
propose "$work/invalid.cedar" >/dev/null 2>&1
recorded "negative 27: a set that strict validation refuses is refused, and recorded" "$before" "audit 6 2 .* 45 "
# install BADGE-TOKEN BADGE PROPOSAL [STATEMENT]: with what lies there now
facts() { hash=$(sets --arg p "$1" '.sets[] | select(.proposal == $p).hash'); impact=$(policy two diff "$1" --json | jq -r .digest); }
install_body() { printf '{"id":"%s","proposal":"%s","hash":"%s","impact":"%s"}' "$(uuid)" "$1" "$hash" "$impact"; }
older=$(propose "$work/now.cedar")
erring=$(propose "$work/errs.cedar")
facts "$erring"
two=$(enter "$officer_two" "$program") || exit 1
one=$officer # three sessions a person: the console's commands need the third
before=$(lines)
post "$program" "$two" /api/policy/install "$(install_body "$erring")"
is "negative 27: a set that nobody signed is not installed" "$status" 403
recorded "negative 27: and it is recorded" "$before" "audit 6 3 .* 47 This_needs_your_signature"
before=$(lines)
post_signed "$program" "$one" /api/policy/install "$(install_body "$erring")" "$officer_one" install-policy "I install it"
is "negative 27: a set with one officer's word alone neither" "$status" 404
recorded "negative 27: and it is recorded" "$before" "audit 6 3 .* 47 M30-own-policy"
is "negative 27: the old one stays" "$(in_force)" "$force"
post_signed "$program" "$two" /api/policy/install "$(install_body "$erring")" "$officer_two" install-policy "I install it"
is "two officers install a rule that errs" "$status" 200
before=$(lines)
get "$program" "$planner" /api/orders
is "negative 26: an erring forbid beside a satisfied permit denies" "$status" 404
recorded "negative 25, 26: and it is recorded that a policy erred" "$before" "a_policy_erred:_T01-errs"
get "$program" "$officer" /api/security
says "negative 26: the officer sees it" "$(answer '.denials[0].outcome, .denials[-1].outcome')" "denied: a policy erred"
hash=$(sets --arg p "$older" '.sets[] | select(.proposal == $p).hash') impact=$(policy two diff "$older" --json | jq -r .digest)
before=$(lines)
post_signed "$program" "$two" /api/policy/install "$(install_body "$older")" "$officer_two" install-policy "I install it"
is "negative 27: an older version is not installed" "$status" 409
recorded "negative 27: and it is recorded" "$before" "audit 6 2 .* 47 "
back=$(propose "$work/now.cedar")
facts "$back"
post_signed "$program" "$two" /api/policy/install "$(install_body "$back")" "$officer_two" install-policy "I install it"
is "the rules of before are installed again" "$status" 200
is "and orders are seen again" "$(get "$program" "$planner" /api/orders; printf %s "$status")" 200
policy one decline "$older" --reason "a negative test" >/dev/null || not_ok "the older one is declined"

# ---- 28: taken back while it is under way ----

manager=$(enter CW-2006 "$program") || exit 1
release_of() { get "$program" "$manager" /api/releases; answer --arg s "$slot" --arg f "$1" '[.releases[] | select(.slot == $s and .state != "withdrawn" and .state != "refused")][0][$f] // ""'; }
state_is() { for _ in $(seq 100); do [ "$(release_of state)" = "$1" ] && return 0; sleep 0.1; done; return 1; }
# ask_release SLOT: a new one that waits for two approvals; id and manifest in $release, $manifest
ask_release() {
    slot=$1
    get "$program" "$planner" /api/releases
    for left in $(answer '.releases[] | select(.state == "awaiting" or .state == "approved-once").release'); do
        post "$program" "$planner" /api/releases/withdraw "{\"id\":\"$(uuid)\",\"release\":\"$left\",\"reason\":\"left by another test\"}"
    done
    post "$program" "$planner" /api/releases "{\"id\":\"$(uuid)\",\"slot\":\"$slot\"}"
    [ "$status" = 200 ] && state_is awaiting || give_up "no release of $slot: $(cat "$work/answer")"
    release=$(release_of release) manifest=$(release_of manifest)
}
approve() { # TOKEN BADGE: of $release
    post_signed "$program" "$1" /api/releases/approve "{\"id\":\"$(uuid)\",\"manifest\":\"$manifest\",\"release\":\"$release\"}" "$2" approve-release "I approve"
}
approve_record() { entry_signed "$two_token" records/approve "{\"id\":\"$(uuid)\",\"records\":[\"$1\"]}" "$officer_two" approve-records "I approve a record"; }
year=$((2000 + $(date +%s) % 20)) week=$(printf %02d $(($(date +%s) / 20 % 50 + 1)))
ask_release "$year-W$week"
approve "$manager" CW-2006
is "one approves a release" "$status" 200
role=$(record_id CW-2006 role)
revoke "$role" "not program manager any more"
check "negative 28: an export is half approved, and who approved it loses the role" becomes 404 get "$program" "$manager" /api/releases
before=$(lines)
approve "$two" "$officer_two"
is "negative 28: the second approval finds the first worth nothing" "$status" 409
says "negative 28: and says so" "$(answer .error)" "may not do so any more"
recorded "negative 28: which is recorded" "$before" "audit 3 2 .* 33 "
get "$program" "$two" /api/releases
is "negative 28: it waits as before" "$(answer --arg r "$release" '.releases[] | select(.release == $r).state')" approved-once
body=$(record_body "$(person_of CW-2006)" role program-manager "$enclave" "$(rfc3339 $(($(date +%s) + 86400)))")
record=$(printf %s "$body" | jq -r .record)
entry_post "$one_token" records "$body" && approve_record "$record"
check "with the role given again" becomes 200 get "$program" "$manager" /api/releases
# both approve, and before a guard has signed one of them may not any more
supervisor=$(pid_of supervisor)
[ "${supervisor:-null}" != null ] || supervisor=$(awk '/^PPid/ { print $2 }' "/proc/$(pid_of auditor)/status")
kill -STOP "$supervisor"
approve "$two" "$officer_two"; twice=$status
entry_post "$one_token" suspend "{\"id\":\"$(uuid)\",\"holder\":\"$(person_of CW-2006)\",\"reason\":\"a test\"}"
sleep 4
kill -CONT "$supervisor"
is "both have approved, and no guard is there yet" "$twice" 200
is "one of them is suspended" "$status" 200
get "$program" "$two" /api/releases
for _ in $(seq 60); do
    [ "$(answer --arg r "$release" '.releases[] | select(.release == $r).state')" = signing ] || break
    sleep 0.1; get "$program" "$two" /api/releases
done
says "negative 28: nothing is signed, and the log says why" "$(answer --arg r "$release" '.releases[] | select(.release == $r) | "\(.state) \(.reason)"')" "may not do so any more"
restore CW-2006 "it was a test"
manager=$(enter CW-2006 "$program") || exit 1

# an answer that waits for the auditor's word, while its session ends
auditor=$(pid_of auditor)
waiting=$(enter CW-2004 "$program") || exit 1
kill -STOP "$auditor"
curl -s -m 15 -o "$work/held" -w '%{http_code}' -H "Authorization: Bearer $waiting" "$door/api/releases" \
    --data-binary "{\"id\":\"$(uuid)\",\"slot\":\"$year-W$week\"}" >"$work/held.status" &
held=$!
sleep 0.5
post "$program" "$waiting" /api/sign-out '{}'; out=$status
sleep 0.3
before=$(lines)
kill -CONT "$auditor"
wait "$held"
is "negative 28: an act waits for the auditor, and its session ends meanwhile: it is denied" "$out $(cat "$work/held.status")" "200 401"
recorded "negative 28: and its intent is closed in the journal" "$before" "audit 3 2 .* 32 the_session_has_ended"

at_worker=$((at_worker + 1))

# ---- 29: one human being with two accounts ----

badge=CW-N$(date +%s) pin=7203918
self=$(person_of "$officer_one")
add_person "$badge" 4826193 "Colin M. Second" "N$(($(date +%s) % 100000))"
added=$person
is "a second account is made" "$status" 200
choose_pin "$badge" 4826193 "$pin"
records="" until=$(rfc3339 $(($(date +%s) + 86400)))
while read -r attribute value scope; do
    body=$(record_body "$added" "$attribute" "$(echo "$value" | tr _ ' ')" "${scope:-}" "$until")
    records="$records${records:+,}\"$(printf %s "$body" | jq -r .record)\""
    entry_post "$one_token" records "$body"
    [ "$status" = 200 ] || give_up "$attribute $value is not entered: $(cat "$work/answer")"
done <<END
read-in $(card --arg e "$enclave" '.enclaves[] | select(.id == $e).name' | tr ' ' _) $enclave
role security-officer
role security-officer $enclave
role program-manager $enclave
affiliation contractor
site CALDOR
citizenship USA
clearance 1
course security-refresher
END
entry_signed "$two_token" records/approve "{\"id\":\"$(uuid)\",\"records\":[$records]}" "$officer_two" approve-records "I approve them"
is "with every role, approved by another" "$status" 200
# the account's PIN is none of the card's
pin_of() { if [ "$1" = "$badge" ]; then echo "$pin"; else card --arg b "$1" '.people[] | select(.badge == $b).pin'; fi; }
second=$(enter "$badge" "$program") || exit 1
second_entry=$(sign_in "$badge")
is "which is a second person until it is known better" "$(get "$program" "$second" /api/releases; printf %s "$status")" 200
link="{\"id\":\"$(uuid)\",\"person\":\"$added\",\"same_as\":\"$self\"}"
entry_signed "$two_token" people/link "$link" "$officer_two" link-person "It is one human being"
is "an officer says that two accounts are one human being" "$status" 200
agree() { entry_signed "$1" people/link/approve "$link" "$2" approve-link "It is one human being"; }
agree "$one_token" "$officer_one"
is "and the other agrees: they are known to be one" "$status" 200
linked() { get "$program" "$officer" "/api/policy/why?who=$added&what=view-security"; sleep 0.5; }
linked
# half SENTENCE POLICY COMMAND...: denied to the second account, and recorded with the rule
half() {
    sentence=$1 rule=$2; shift 2
    before=$(lines)
    "$@"
    is "negative 29: $sentence: denied to the same human being's other account" "$status" 404
    recorded "negative 29: and it is recorded with $rule" "$before" "audit [0-9]* 3 .* $rule"
}
# other SENTENCE COMMAND...: done by another human being, at the same station: the journal says that
by_another() {
    sentence=$1; shift
    before=$(lines)
    "$@"
    is "$sentence: another human being does it" "$status" 200
    recorded "negative 29: from one station, which the journal flags with the seconds between" "$before" "audit [0-9]* 1 .* both_halves_at_one_station,_[0-9]*_s_apart"
}
ask_release "$((year + 1))-W$week"
approve "$one" "$officer_one"
is "an officer approves a release" "$status" 200
half "a release, in the same second" M10-second-person approve "$second" "$badge"
by_another "a release" approve "$two" "$officer_two"

body=$(record_body "$(person_of CW-2002)" skill negative)
record=$(printf %s "$body" | jq -r .record)
entry_post "$one_token" records "$body"
is "an officer enters a record" "$status" 200
approve_it() { entry_signed "$1" records/approve "{\"id\":\"$(uuid)\",\"records\":[\"$record\"]}" "$2" approve-records "I approve a record"; }
half "a record" M11-own-record approve_it "$second_entry" "$badge"
by_another "a record" approve_it "$two_token" "$officer_two"
half "a record about oneself" M29-about-oneself entry_post "$second_entry" records "$(record_body "$self" skill negative)"

proposal=$(propose "$work/now.cedar")
facts "$proposal"
install() { post_signed "$program" "$1" /api/policy/install "$(install_body "$proposal")" "$2" install-policy "I install it"; }
half "a policy" M30-own-policy install "$second" "$badge"
by_another "a policy" install "$two" "$officer_two"

casemate policy show --everywhere --site "$CASEMATE_SITE" --badge "$officer_one" --pin-file "$work/one.pin" >"$work/site.cedar"
proposal=$(uuid)
entry_post "$one_token" site-policy/propose "$(jq -nc --arg i "$(uuid)" --arg p "$proposal" --arg c "$(base64 -w 0 <"$work/site.cedar")" --arg t "$(base64 -w 0 <"$work/tests.json")" \
    '{id: $i, proposal: $p, policy: $c, tests: $t, reason: "a negative test"}')"
is "an officer proposes the mandatory rules" "$status" 200
hash=$(entry_get "$one_token" site-policy; answer --arg p "$proposal" '.sets[] | select(.proposal == $p).hash')
mandatory() { entry_signed "$1" site-policy/install "{\"id\":\"$(uuid)\",\"proposal\":\"$proposal\",\"hash\":\"$hash\"}" "$2" install-site-policy "I install them"; }
half "the mandatory rules" M11-own-record mandatory "$second_entry" "$badge"
by_another "the mandatory rules" mandatory "$two_token" "$officer_two"

entry_post "$one_token" keys/challenge "{\"badge\":\"$officer_one\",\"pin\":\"$(pin_of "$officer_one")\"}"
c=$(answer .challenge) credential=$(uuid)
entry_post "$one_token" keys "{\"id\":\"$(uuid)\",\"credential\":\"$credential\",\"label\":\"negative\",\"challenge\":\"$c\",$("$key" register "$work/key" "$c" "$entry")}"
is "an officer registers a security key" "$status" 200
approve_key() { entry_signed "$1" credentials/approve "{\"id\":\"$(uuid)\",\"credential\":\"$credential\"}" "$2" approve-credential "I approve a key"; }
half "a credential" M11-own-record approve_key "$second_entry" "$badge"
# the same key at the second account: one authenticator is one account's
entry_post "$second_entry" keys/challenge "{\"badge\":\"$badge\",\"pin\":\"$pin\"}"
c=$(answer .challenge) before=$(lines)
entry_post "$second_entry" keys "{\"id\":\"$(uuid)\",\"credential\":\"$(uuid)\",\"label\":\"negative\",\"challenge\":\"$c\",$("$key" again "$work/key" "$c" "$entry")}"
is "negative 29: the same authenticator is not registered for the second account" "$status" 409
says "negative 29: which is said" "$(answer .error)" "registered already"
recorded "negative 29: and recorded" "$before" "audit 5 2 .* 112 This_key_is_registered_already"
by_another "a credential" approve_key "$two_token" "$officer_two"
entry_post "$two_token" credentials/revoke "{\"id\":\"$(uuid)\",\"credential\":\"$credential\",\"reason\":\"it was a test\"}"
is "and the key is revoked" "$status" 200

glass=$(jq -nc --arg i "$(uuid)" '{id: $i, action: "view-orders", reason: "a negative test"}')
post_signed "$program" "$one" /api/break-glass "$glass" "$officer_one" break-glass "I break the glass"
is "an officer breaks the glass" "$status" 200
review() { entry_signed "$1" glass/review "$(jq -nc --arg i "$(uuid)" --argjson g "$glass" '{id: $i, glass: $g.id, verdict: "justified", words: "it was a test"}')" "$2" review-glass "I review it"; }
half "a review of broken glass" "M[12][19]-[a-z-]*" review "$second_entry" "$badge"
by_another "a review" review "$two_token" "$officer_two"
entry_post "$two_token" records/revoke "{\"id\":\"$(uuid)\",\"record\":$(printf %s "$glass" | jq .id),\"reason\":\"the test is over\"}"
is "and the review has made the glass whole again" "$status $(answer .error)" "409 This record is not in force any more."
entry_post "$one_token" suspend "{\"id\":\"$(uuid)\",\"holder\":\"$added\",\"reason\":\"the test is over\"}"
is "the second account is suspended" "$status" 200
pin_of() { card --arg b "$1" '.people[] | select(.badge == $b).pin'; }

# ---- what was bounded above is owed as a number: it is read now ----

wait=$((late_at + 11 - $(date +%s)))
[ "$wait" -le 0 ] || sleep "$wait"
post "$program" "" /api/redeem "{\"code\":\"$late\"}"
is "negative 14: a way in that is older than ten seconds is denied" "$status" 401
at_identity=$((at_identity + 1))
drain bad_at_worker
at_worker=$((at_worker + drained))
drain bad_at_identity
at_identity=$((at_identity + drained))
drain bad_at_door
at_identity=$((at_identity + drained))
check "negative 13, 14: each of the tokens at the worker is recorded, one by one or as a number ($(told "$tokens_before" "worker/$enclave" a_token_that_is_not_good_here) of $at_worker)" \
    [ "$(told "$tokens_before" "worker/$enclave" a_token_that_is_not_good_here)" -ge "$at_worker" ]
told_identity=$(($(told "$tokens_before" identity/- a_token_that_is_not_good_here) + $(told "$tokens_before" identity/- a_way_in_that_is_not_good_here)))
check "negative 13, 14: and each at identity, with the ways in ($told_identity of $at_identity)" [ "$told_identity" -ge "$at_identity" ]
bad_signature() { with "$door/api/operations/start" "$oskar" "$start" "$(sed -n '1s/.* //p' "$work/statements")"; }
oskar_alive() { get "$program" "$oskar" /api/tasks; [ "$status" = 200 ]; }
check "the session of the signatures goes on" oskar_alive
drain bad_signature
statements=$((statements + drained))
found=$(told "$statements_before" "worker/$enclave" signature)
check "negative 15: and each signature at the worker ($found of $statements)" [ "$found" -ge "$statements" ]
finish
