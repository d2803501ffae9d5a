#!/bin/sh
# Goal: what one officer or one classifier could do alone, or shut others out with, by ids that are
# somebody else's or nobody's, by records that never began, and by more than others can read.
. "$(dirname "$0")/lib.sh"

program="SABLE ORCHARD"
journal=$CASEMATE_SITE/auditor/journal.log
officers
none=00000000-0000-0000-0000-000000000000
stamp=$(($(date +%s) % 100000))

# ---- ids of nobody, and of another kind ----

entry_post "$one_token" people "{\"id\":\"$(uuid)\",\"person\":\"$none\",\"badge\":\"CW-Z$stamp\",\"pin\":\"4826193\",\"name\":\"Nil\",\"stamp\":\"Z$stamp\"}"
is "nobody is nobody's id" "$status" 400
entry_signed "$one_token" people/link/approve "{\"id\":\"$(uuid)\",\"person\":\"$(person_of CW-2002)\",\"same_as\":\"$none\"}" "$officer_one" approve-link "one"
is "nobody is linked with nobody" "$status" 400
entry_post "$one_token" records "$(record_body "$(person_of CW-2002)" skill zero | jq -c --arg n "$none" '.record = $n')"
is "a record has an id of its own" "$status" 400
station=$(uuid)
entry_post "$one_token" stations "{\"id\":\"$(uuid)\",\"station\":\"$station\",\"name\":\"Apart $stamp\"}"
is "a station is added" "$status" 200
entry_post "$one_token" people "{\"id\":\"$(uuid)\",\"person\":\"$station\",\"badge\":\"CW-Y$stamp\",\"pin\":\"4826193\",\"name\":\"Yes\",\"stamp\":\"Y$stamp\"}"
is "nobody takes a station's id" "$status" 409
entry_post "$one_token" stations "{\"id\":\"$(uuid)\",\"station\":\"$(person_of CW-2002)\",\"name\":\"Person $stamp\"}"
is "nor a station a person's" "$status" 409

part=$(get "$program" "$(enter CW-2004 "$program")" /api/tasks; answer '[.tasks[].part][0]')

# ---- a glass under a record's id ----

worker=$(enter CW-2001 "$program") || exit 1
grant CW-2002 skill apart
skill=$record
post_signed "$program" "$worker" /api/break-glass "{\"id\":\"$skill\",\"action\":\"view-orders\",\"reason\":\"another's id\"}" CW-2001 break-glass "I break the glass"
is "no glass is broken under the id of somebody's record" "$status" 409
entry_get "$one_token" "records?holder=$(person_of CW-2002)"
is "which stays in force" "$(answer --arg r "$skill" '.records[] | select(.record == $r).state')" active

# ---- what never began gives nothing back ----

now=$(date +%s) soon=$(rfc3339 $(($(date +%s) + 3)))
grant CW-2003 window "Mon-Sun 00:00-23:59 +00:00"
hours=$record
# replacing RECORD VALUE: entered, from three seconds ahead
replacing() { record_body "$(person_of CW-2003)" window "$1" "" "$(rfc3339 $((now + 86400)))" | jq -c --arg s "$hours" --arg f "$soon" '.supersedes = $s | .from = $f'; }
never=$(replacing "Mon-Sun 00:00-23:58 +00:00") decided=$(replacing "Mon-Sun 00:00-23:57 +00:00")
entry_post "$one_token" records "$never"; is "one officer enters what replaces it" "$status" 200
entry_post "$one_token" records "$decided"; is "and another record that does" "$status" 200
entry_get "$two_token" "records?holder=$(person_of CW-2003)"
is "who approves it reads what it takes the place of" \
    "$(answer --arg r "$(printf %s "$decided" | jq -r .record)" '.records[] | select(.record == $r) | "\(.replaces) \(.replaces_state)"')" "Mon-Sun 00:00-23:59 +00:00 active"
approve "$(printf %s "$decided" | jq -r .record)"; is "which two approve" "$status" 200
revoke "$(printf %s "$never" | jq -r .record)" "it never began"; is "the first is revoked by one" "$status" 200
sleep 3.2
entry_get "$one_token" "records?holder=$(person_of CW-2003)"
is "and what two replaced stays replaced" "$(answer --arg r "$hours" '.records[] | select(.record == $r).state')" superseded
grant CW-2003 skill apart
other=$(enclave_of "HARROW VANE")
entry_post "$one_token" records "$(record_body "$(person_of CW-2003)" skill apart "$other" | jq -c --arg s "$record" '.supersedes = $s')"
is "what holds everywhere is not replaced by what holds in one program" "$status" 409

# ---- a record without which more would be open: both halves at one station ----

grant CW-2001 visitor CW-2004
before=$(wc -l <"$journal")
revoke "$record" "he is no visitor"; is "one asks for it" "$status" 200
entry_signed "$two_token" records/revoke/approve "{\"id\":\"$(uuid)\",\"record\":\"$record\"}" "$officer_two" approve-revocation "It may go"
is "another approves" "$status" 200
told() { for _ in $(seq 40); do tail -n +$((before + 1)) "$journal" | grep -q "both_halves_at_one_station" && return 0; sleep 0.1; done; return 1; }
check "and the journal says that it was at one station" told

# ---- whom the console stops, officers let in again ----

check "the console suspends a station" casemate suspend --site "$CASEMATE_SITE" "$station" "lost"
stations() { entry_get "$one_token" stations; answer --arg s "$station" '.stations[] | select(.station == $s).suspended'; }
is "which is so" "$(stations)" true
entry_signed "$two_token" restore "{\"id\":\"$(uuid)\",\"holder\":\"$station\",\"reason\":\"found\"}" "$officer_two" restore "I restore it"
is "an officer restores it" "$status" 200
is "and it works again" "$(stations)" false
casemate suspend --site "$CASEMATE_SITE" "$station" "lost again" >/dev/null
check "so does the console" casemate reinstate --site "$CASEMATE_SITE" "$station" "found again"
is "which is so, too" "$(stations)" false

# ---- markings ----

marker=$(enter "$officer_one" "$program") || exit 1
mark() { post "$program" "$marker" /api/define/marking "$(jq -nc --arg i "$(uuid)" --arg o "$part" "{id: \$i, object: \$o, level: 2, itar: false, ear: false, source: \"a test\"} + $1")"; }
mark '{ldc: "DL"}'; is "DL without a list, which nobody would be on, is refused" "$status" 409
mark '{category: "VIII(h) · NOFORN"}'; is "a category is one word" "$status" 409
mark '{level: 1}'; is "a part is marked" "$status" 200
n=0
while [ "$n" -lt 21 ]; do n=$((n + 1)); mark '{level: 0}'; [ "$status" = 200 ] || break; done
is "one person proposes so many changes that the others can read them" "$n $status" "21 409"
says "which is said" "$(answer .error)" "20 of them yours"
second=$(enter "$officer_two" "$program") || exit 1
get "$program" "$second" /api/markings
declined=0
for p in $(answer '.markings[] | select(.state == "proposed").proposal'); do
    post "$program" "$second" /api/define/marking/decline "{\"id\":\"$(uuid)\",\"proposal\":\"$p\",\"reason\":\"a test\"}"
    [ "$status" = 200 ] && declined=$((declined + 1))
done
is "another declines them" "$declined" 20
finish
