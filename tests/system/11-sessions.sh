#!/bin/sh
# Goal: a session is one person's, at one station, for one shift.  It is locked and unlocked, it ends,
# and neither a worker nor identity forgets that when it is started again; three a person; a visitor
# is there only with the escort.
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
enclave=$(enclave_of "$program")

door() { post "$program" "$1" "/api/$2" "${3:-"{}"}"; }
at_entry() { http "$entry/api/$2" "$1" --data-binary "${3:-"{}"}"; }
pin() { printf '{"badge":"%s","pin":"%s"}' "$1" "${2:-$(pin_of "$1")}"; }
works() { get "$program" "$1" /api/tasks; echo "$status"; }
process_id() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg p "$1" --arg e "$2" '.processes[] | select(.program == $p and .enclave == $e and .state == "ready").pid'; }
# again PROGRAM ENCLAVE: kill it and wait until another one answers
again() {
    old=$(process_id "$1" "$2")
    kill -9 "$old" || give_up "$1 cannot be killed"
    for _ in $(seq 100); do
        new=$(process_id "$1" "$2")
        [ -n "$new" ] && [ "$new" != "$old" ] && return 0
        sleep 0.1
    done
    give_up "$1 was not started again"
}
# settled TOKEN: the worker's status, when it has people again
settled() {
    for _ in $(seq 100); do
        got=$(works "$1")
        [ "$got" = 503 ] || break
        sleep 0.1
    done
    echo "$got"
}

# ---- lock and unlock ----

token=$(enter CW-1002 "$program") || exit 1
is "a session works" "$(works "$token")" 200
door "$token" touch
is "and gives a sign of life" "$status" 200
door "$token" lock
is "it is locked when its person asks" "$status" 200
is "then the worker answers nothing" "$(works "$token")" 423
says "and says how to go on" "$(answer .error)" "Enter your PIN to go on; your entries are kept."
door "$token" touch
is "a sign of life does not open it" "$status" 423
door "$token" sign "$(jq -nc --arg p "$(pin_of CW-1002)" --arg d "$(printf '%064d' 0)" '{badge: "CW-1002", pin: $p, operation: "start-operation", digest: $d, meaning: "m"}')"
is "nobody signs in it" "$status" 423
door "$token" unlock "$(pin CW-1002 000000)"
is "a wrong PIN does not open it" "$status" 403
wrong=$(cat "$work/answer")
door "$token" unlock "$(pin CW-1003)"
is "another person's badge and PIN do not" "$status $(cat "$work/answer")" "403 $wrong"
is "it is locked still" "$(works "$token")" 423

again worker "$enclave"
is "a worker that was started again knows that it is locked" "$(settled "$token")" 423
again identity ""
door "$token" touch
for _ in $(seq 50); do [ "$status" = 503 ] || break; sleep 0.1; door "$token" touch; done
is "and so does identity" "$status" 423
door "$token" unlock "$(pin CW-1002)"
is "its person opens it" "$status" 200
fresh=$(answer .token)
is "its token works again" "$(works "$token")" 200
is "and the new one, which says when it was proven" "$(works "$fresh")" 200
[ "$fresh" != "$token" ] && ok "they differ" || not_ok "they differ"

# ---- the end ----

door "$token" sign-out
is "signing out ends it" "$status" 200
is "at the worker at once" "$(works "$token")" 401
again worker "$enclave"
is "a worker that was started again does not take its token" "$(settled "$token")" 401
again identity ""
again worker "$enclave"
is "neither when identity was, too" "$(settled "$token")" 401
at_entry "$(sign_in CW-1002)" entry/sign-out
is "one can sign out at the entry, too" "$status" 200

# ---- three a person ----

first=$(enter CW-1003 "$program") || exit 1
second=$(enter CW-1003 "$program") || exit 1
third=$(enter CW-1003 "$program") || exit 1
is "three sessions of one person work" "$(works "$first")$(works "$second")$(works "$third")" 200200200
at_entry "" sign-in "$(pin CW-1003)"
says "the fourth says that the oldest has ended" "$(answer .note)" "the oldest of these sessions has ended"
is "and it has, the others not" "$(works "$first")$(works "$second")$(works "$third")" 401200200

# ---- officers see who is signed in, and end a session ----

officers
entry_get "$one_token" sessions
is "an officer sees who is signed in" "$status" 200
of() { answer --arg b "$1" --arg w "$2" '[.sessions[] | select(.badge == $b and .enclave == $w)] | length'; }
is "where" "$(of CW-1003 "$enclave")" 2
is "and that the fourth stands at the entry" "$(of CW-1003 "")" 1
is "his own as his own" "$(answer '[.sessions[] | select(.own)] | length')" 1
ended=$(answer --arg w "$enclave" '[.sessions[] | select(.badge == "CW-1003" and .enclave == $w)] | sort_by(.since)[0].session')
own=$(answer '.sessions[] | select(.own).session')
at_entry "$first" sessions/end "{\"id\":\"$(uuid)\",\"session\":\"$ended\",\"reason\":\"r\"}"
is "a token of a program ends nobody" "$status" 401
operator=$(sign_in CW-1002) || exit 1
entry_get "$operator" sessions
is "an operator sees nothing" "$status" 404
entry_post "$operator" sessions/end "{\"id\":\"$(uuid)\",\"session\":\"$ended\",\"reason\":\"r\"}"
is "nor ends anything" "$status" 404
entry_post "$one_token" sessions/end "{\"id\":\"$(uuid)\",\"session\":\"$ended\"}"
is "without a reason it is not ended" "$status" 400
is "they work on" "$(works "$second")$(works "$third")" 200200
entry_post "$one_token" sessions/end "{\"id\":\"$(uuid)\",\"session\":\"$own\",\"reason\":\"r\"}"
is "an officer does not end his own so" "$status" 409
entry_post "$one_token" sessions/end "{\"id\":\"$(uuid)\",\"session\":\"$ended\",\"reason\":\"the bench was left alone\"}"
is "with one it is" "$status" 200
is "and is over in the program, the other not" "$(works "$second")$(works "$third")" 401200
entry_post "$one_token" sessions/end "{\"id\":\"$(uuid)\",\"session\":\"$ended\",\"reason\":\"again\"}"
is "once" "$status" 409
again identity ""
is "identity that was started again does not know it any more" "$(settled "$second")" 401

# ---- a visitor ----

grant CW-1005 visitor CW-1004
ok "an officer enters whose visitor somebody is, another approves it"

both() { jq -nc --arg p "$(pin_of CW-1005)" --arg b "$1" --arg q "${2:-$(pin_of "$1")}" '{badge: "CW-1005", pin: $p, escort_badge: $b, escort_pin: $q}'; }
at_entry "" sign-in "$(pin CW-1005)"
is "a visitor does not sign in alone" "$status" 403
at_entry "" sign-in "$(both CW-1002)"
is "nor with anybody but the escort" "$status $(cat "$work/answer")" "403 $wrong"
at_entry "" sign-in "$(both CW-1004 000000)"
is "nor without the escort's PIN" "$status $(cat "$work/answer")" "403 $wrong"
at_entry "" sign-in "$(both CW-1004)"
is "nor while the escort is not signed in here" "$status" 403
says "which is said" "$(answer .error)" "The escort is not signed in at this station."
escort=$(enter CW-1004 "$program") || exit 1
at_entry "" sign-in "$(both CW-1004)"
is "together they do" "$status" 200
entry_token=$(answer .token)
at_entry "$entry_token" enter "{\"enclave\":\"$enclave\"}"
door "" redeem "{\"code\":\"$(answer .code)\"}"
visitor=$(answer .token)
is "the visitor works" "$(works "$visitor")" 200
says "in a token that names the escort" "$(printf '%s==' "$visitor" | tr -- '-_' '+/' | base64 -d 2>/dev/null | od -An -tx1 -j 41 -N 16 | tr -d ' \n')" \
    "$(person_of CW-1004 | tr -d -)"
door "$escort" lock
ended=
for _ in $(seq 40); do ended=$(works "$visitor"); [ "$ended" = 200 ] || break; sleep 0.1; done
is "and ends when the escort's session is locked" "$ended" 401

# ---- what is said to nobody ----

http "$entry/api/sign-in" "" --data-binary '{"badge":"NOBODY-1","pin":"123456"}'
unknown="$status $(cat "$work/answer")"
http "$entry/api/sign-in" "" --data-binary '{"badge":"CW-1006","pin":"000000"}'
is "a badge that nobody has is answered like a wrong PIN" "$status $(cat "$work/answer")" "$unknown"
grep -qE 'NOBODY-1|CW-1006' "$CASEMATE_SITE/log" "$CASEMATE_SITE/auditor/journal.log" && not_ok "no badge stands in a log" || ok "no badge stands in a log"
for detail in badge_and_PIN locked signed_out its_escort_had_gone an_officer_ended_it its_person_signed_in_once_more; do
    check "the journal has: $detail" grep -q "$detail" "$CASEMATE_SITE/auditor/journal.log"
done
finish
