#!/bin/sh
# Goal: what comes too late, says nothing, or keeps everybody waiting is refused in words: a renewal
# of what was taken away meanwhile, a marking's words that nobody can be, one past day after another.
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
officers
enter_record() { entry_post "$one_token" records "$1"; [ "$status" = 200 ] || give_up "a record is not entered: $(cat "$work/answer")"; }
# renewal BADGE RECORD [VALUE]: an officer enters one that would replace it; id in $record
renewal() {
    renewal_body=$(record_body "$(person_of "$1")" skill "${3:-late}" | jq -c --arg s "$2" '.supersedes = $s')
    record=$(printf %s "$renewal_body" | jq -r .record)
    enter_record "$renewal_body"
}
approve_all() { entry_signed "$two_token" records/approve "{\"id\":\"$(uuid)\",\"records\":[$1]}" "$officer_two" approve-records "I approve them"; }
state_of() { entry_get "$one_token" "records?holder=$(person_of CW-1003)"; answer --arg r "$1" '.records[] | select(.record == $r).state'; }

# ---- too late ----

grant CW-1003 skill late
first=$record
renewal CW-1003 "$first"; waits=$record
revoke "$first" "he failed the test"
is "a record is revoked while its renewal waits" "$status" 200
approve_all "\"$waits\""
is "the renewal is not approved any more" "$status" 409
says "and it is said why, and what to do" "$(answer .error)" "superseded or revoked meanwhile: revoke it, and enter one"
is "it waits on" "$(state_of "$waits")" pending
revoke "$waits" "it came too late"
is "and is revoked" "$status" 200

grant CW-1003 skill late
first=$record
renewal CW-1003 "$first"; one=$record
renewal CW-1003 "$first" later; other=$record
approve_all "\"$one\",\"$other\""
is "two renewals of one are not approved together" "$status" 409
says "which is said" "$(answer .error)" "Record 2 of the list would replace the same as one before it"
is "and none was" "$(state_of "$one") $(state_of "$first")" "pending active"
approve_all "\"$one\""
is "one is" "$status" 200
approve_all "\"$other\""
says "then the other is too late" "$status $(answer .error)" "Record 1 of the list would replace one that was superseded"
entry_post "$one_token" records "$(record_body "$(person_of CW-1003)" skill late | jq -c --arg s "$first" '.supersedes = $s')"
is "nor is another entered" "$status" 409
revoke "$other" "it came too late"
revoke "$one" "the test is over"

ahead=$(rfc3339 $(($(date +%s) + 600)))
grant CW-1003 skill late
first=$record
body=$(record_body "$(person_of CW-1003)" skill late | jq -c --arg s "$first" --arg f "$ahead" '.supersedes = $s | .from = $f')
next=$(printf %s "$body" | jq -r .record)
enter_record "$body"
renewal CW-1003 "$first"; other=$record
approve "$next"
is "a renewal ahead of time is approved" "$status" 200
approve_all "\"$other\""
is "and a second one of the same record is not" "$status" 409
entry_post "$one_token" records "$(record_body "$(person_of CW-1003)" skill late | jq -c --arg s "$first" '.supersedes = $s')"
says "nor entered" "$status $(answer .error)" "409 Another record takes the place of that one already"
for r in "$other" "$next" "$first"; do revoke "$r" "the test is over"; done

# ---- words that are none ----

author=$(enter CW-1013 "$program") || exit 1
mark() { post "$program" "$author" /api/define/marking "$(jq -nc --arg i "$(uuid)" --arg f "$1" --arg v "$2" '{id: $i, object: "program", level: 1, itar: true, ear: false, source: "a test"} | .[$f] = $v')"; }
long=$(printf 'A%.0s' $(seq 65))
for field in excluded zones; do
    for wrong in " " " A" "A " "A  B" "A,B" "A;B" "Ä"; do
        mark "$field" "$wrong"
        says "$field \"$wrong\" is refused" "$status $(answer .field)" "409 $field"
    done
done
says "and it is said how it is written" "$(answer .error)" "letters, digits and"
mark excluded "$long"
is "an employer of 65 letters is refused, not forgotten" "$status" 409
mark excluded "RIVAL $long"
is "nor behind another" "$status" 409

# ---- one past day after another ----

officer=$(enter "$officer_one" "$program") || exit 1
past=$(rfc3339 $(($(date +%s) - 1)))
why() { get "$program" "$officer" "/api/policy/$1"; }
answered=0
for _ in $(seq 10); do
    why "why?who=A03&what=view-tasks&at=$past"
    [ "$status" = 200 ] && answered=$((answered + 1))
done
is "ten questions about a past day are answered in a minute" "$answered" 10
why "why?who=A03&what=view-tasks&at=$past"
is "the eleventh is not" "$status" 429
says "and it is said" "$(answer .error)" "ten times a minute"
says "with when to ask again" "$(answer .todo)" "Ask again in "
why "who-can?what=view-tasks&at=$past"
is "nor another question of it" "$status" 429
why "what-can?who=A03&at=$past"
is "of any kind" "$status" 429
why "why?who=A03&what=view-tasks"
is "today is answered" "$status" 200
is "and work goes on" "$(get "$program" "$(enter CW-1003 "$program")" /api/tasks; printf %s "$status")" 200
finish
