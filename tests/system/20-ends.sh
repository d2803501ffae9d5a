#!/bin/sh
# Goal: what closes something does not run out.  A vendor whose day is over does nothing, in the open
# session too, until there is another record or two officers take it away; hours, nations and levels
# bind past their end, and officers are shown them.  Who is suspended does not sign in.
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
enclave=$(enclave_of "$program")
at_entry() { http "$entry/api/$2" "$1" --data-binary "${3:-"{}"}"; }
door() { post "$program" "$1" "/api/$2" "${3:-"{}"}"; }
works() { get "$program" "$1" /api/tasks; echo "$status"; }
pin() { printf '{"badge":"%s","pin":"%s"}' "$1" "${2:-$(pin_of "$1")}"; }
later() { rfc3339 $(($(date +%s) + $1)); }
# past MOMENT: wait until this second is over
past() { while [ "$(date +%s)" -le "$1" ]; do sleep 0.1; done; }
# becomes CODE TOKEN: within five seconds
becomes() { for _ in $(seq 100); do [ "$(works "$2")" = "$1" ] && return 0; sleep 0.05; done; return 1; }
# noted RECORD: what the list of what ends says of it
noted() { entry_get "$one_token" "records/expiring?days=0"; answer --arg r "$1" '[.records[] | select(.record == $r)][0].note'; }
# approve_revocation TOKEN BADGE RECORD
approve_revocation() { entry_signed "$1" records/revoke/approve "{\"id\":\"$(uuid)\",\"record\":\"$3\"}" "$2" approve-revocation "I approve that it is taken away"; }
officers

# ---- a vendor, until the last second ----

ends=$(($(date +%s) + 6))
grant CW-1006 vendor CW-1007 "" "$(rfc3339 "$ends")"
vendor=$record
sponsor=$(enter CW-1007 "$program") || exit 1
both() { jq -nc --arg p "$(pin_of CW-1006)" --arg q "$(pin_of CW-1007)" '{badge: "CW-1006", pin: $p, escort_badge: "CW-1007", escort_pin: $q}'; }
at_entry "" sign-in "$(both)"
is "a vendor signs in with the sponsor" "$status" 200
visit=$(answer .token)
at_entry "$visit" enter "{\"enclave\":\"$enclave\"}"
door "" redeem "{\"code\":\"$(answer .code)\"}"
token=$(answer .token)
is "and looks on" "$(works "$token")" 200
past "$ends"
case $(works "$token") in 401 | 404) ok "a second later the open session does nothing" ;; *) not_ok "a second later the open session does nothing: $status" ;; esac
at_entry "$visit" enter "{\"enclave\":\"$enclave\"}"
is "nor at the entry" "$status" 401
at_entry "" sign-in "$(pin CW-1006)"
is "he does not sign in alone" "$status" 403
says "and is told why" "$(answer .error)" "Your visit is over"
at_entry "" sign-in "$(both)"
is "nor with the sponsor" "$status" 403
at_entry "" sign-in "$(pin CW-1006 000000)"
wrong="$status $(cat "$work/answer")"
at_entry "" sign-in '{"badge":"NOBODY-2","pin":"123456"}'
is "with a wrong PIN nobody learns that" "$status $(cat "$work/answer")" "$wrong"
says "officers are shown it" "$(noted "$vendor")" "The visit is over"
is "the sponsor works on" "$(works "$sponsor")" 200

# ---- what two put there, one does not take away ----

revoke "$vendor" "he was hired"
is "one officer asks for it" "$status" 200
says "and is told that it holds" "$(answer .text)" "it holds until another officer approves"
at_entry "" sign-in "$(pin CW-1006)"
is "it does" "$status" 403
says "the list says that it waits" "$(noted "$vendor")" "waits for a second officer"
approve_revocation "$one_token" "$officer_one" "$vendor"
is "who asked does not approve" "$status" 404
entry_post "$two_token" records/revoke/approve "{\"id\":\"$(uuid)\",\"record\":\"$vendor\"}"
is "nor another without a signature" "$status" 403
approve_revocation "$two_token" "$officer_two" "$vendor"
is "a second one does" "$status" 200
at_entry "" sign-in "$(pin CW-1006)"
is "then he is no vendor any more" "$status" 200
approve_revocation "$two_token" "$officer_two" "$vendor"
is "once" "$status" 409

# ---- hours ----

lena=$(enter CW-1007 "$program") || exit 1
day=$(LC_ALL=C date -u -d '2 days' +%a)
ends=$(($(date +%s) + 4))
grant CW-1007 window "$day 06:00-07:00 +00:00" "" "$(rfc3339 "$ends")"
window=$record
check "other hours close an open session" becomes 404 "$lena"
past "$ends"
sleep 0.6 # identity tells of what ended within a quarter of a second
is "and do so past their end" "$(works "$lena")" 404
says "which officers are shown" "$(noted "$window")" "Past its review"
record_body "$(person_of CW-1007)" window "Mon-Sun 00:00-24:00 +00:00" "" "$(later 3600)" | jq -c --arg s "$window" '.supersedes = $s' >"$work/entered"
entry_post "$one_token" records "@$work/entered"
approve "$(jq -r .record "$work/entered")"
check "until two others supersede them" becomes 200 "$lena"

# ---- suspended ----

suspend CW-1006 "a test"
at_entry "" sign-in '{"badge":"NOBODY-3","pin":"123456"}'
unknown="$status $(cat "$work/answer")"
at_entry "" sign-in "$(pin CW-1006)"
is "who is suspended is answered like a badge that nobody has" "$status $(cat "$work/answer")" "$unknown"
restore CW-1006 "the test is over"
sleep 5.2 # a training site delays after wrong PINs
at_entry "" sign-in "$(pin CW-1006)"
is "restored by two, he signs in" "$status" 200
finish
