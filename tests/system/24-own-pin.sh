#!/bin/sh
# Goal: nobody works with a PIN that somebody else knows.  Whose PIN another chose does nothing before
# choosing one, whatever is asked for; a forgotten PIN is set anew by one officer and opens nothing
# before another has restored its person; nobody else's PIN, and no old one, changes or opens anything.
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
enclave=$(enclave_of "$program")
officers
marked=$(date +%s)
badge=CW-F$marked
stamp=F$((marked % 100000))
first=$(printf '9%s' "$marked" | cut -c 1-9) own=7203918 next=5518027 again=8140263
journal=$CASEMATE_SITE/auditor/journal.log
journaled() { for _ in $(seq 60); do grep -q "$1" "$journal" && return 0; sleep 0.05; done; return 1; }
token_of() { sign_in_with "$1" "$2"; answer .token; }
# a training site makes whoever tries too often wait
rested() { sleep 5.2; }

# ---- a person is added ----

for weak in 1234 12345 111111 123456 654321 890123 121212 123123 112211 7203abc; do
    add_person "$badge" "$weak" "Fay First" "$stamp"
    is "a first PIN is not $weak" "$status" 409
done
says "and the rule is said" "$(answer .error)" "six digits or more, at least three different ones, and is no run such as 123456"
entry_get "$one_token" people
taken=$(answer --arg b CW-1002 '.people[] | select(.badge == $b).stamp')
add_person "$badge" "$first" "Fay First" "$taken"
is "nor is a stamp two people's" "$status $(answer .error)" "409 This stamp belongs to somebody."
add_person "$badge" "$first" "Fay First" "$stamp"
is "an officer adds a person" "$status" 200
self=$person
grant "$badge" read-in "$program" "$enclave"
grant "$badge" role security-officer

# ---- before a PIN is chosen ----

sign_in_with "$badge" "$first"
is "who signs in with the first PIN" "$status" 200
token=$(answer .token)
is "is asked to choose another, and told of no program" "$(answer -c '[.choose_pin, .officer, .enclaves, .programs]')" '[true,false,[],[]]'
asked=0 wrong=
rows() { cpp -P -undef -nostdinc -I . -x c tests/system/matrix.in | jq -r '.[] | select(. != null and .server == "ENTRY" and .strength != "OPEN") | "\(.name) \(.method) \(.path)"'; }
rows >"$work/rows"
zero=00000000-0000-7000-8000-000000000000
body_of() { # NAME: a body that its decoder takes
    cpp -P -undef -nostdinc -I . -x c tests/system/matrix.in | jq -c --arg n "$1" --arg z "$zero" --arg t "$(rfc3339 "$marked")" '
        [.[] | select(. != null and .name == $n)][0].fields | map(select(. != null and .needed)) | map({key: .name, value:
            (if .kind == "ID" or .kind == "REF" then $z elif .kind == "REFS" then [$z] elif .kind == "NUMBER" then 1
             elif .kind == "FLAG" then true elif .kind == "TIME" then $t elif .kind == "HEX" then "00" * 32 elif .kind == "BASE64" then "AAAA"
             elif .kind == "DECIMAL" then "1" elif .name == "badge" then "'"$badge"'" elif .name == "pin" then "'"$first"'"
             elif .name == "enclave" then "'"$enclave"'" else "abcdefghijklmnop"[0:([.least, 8] | max)] end)}) | from_entries'
}
while read -r name method path; do
    case $name in change_pin | touch_entry | lock_entry | unlock_entry | unlock_challenge_entry | unlock_key_entry | sign_out_entry) continue ;; esac
    body=$(body_of "$name")
    if [ "$method" = GET ]; then
        http "$entry$path?$(printf %s "$body" | jq -r 'to_entries | map("\(.key)=\(.value|tostring|@uri)") | join("&")')" "$token"
    else
        http "$entry$path" "$token" --data-binary "$body"
    fi
    asked=$((asked + 1))
    case $status$(answer .error) in "403Choose a PIN of your own first"*) ;; *) wrong="$wrong $name:$status:$(answer .error)" ;; esac
done <"$work/rows"
is "it does nothing else: $asked operations of the entry are refused" "$wrong" ""
check "all of them were asked" [ "$asked" -gt 30 ]
check "and that is recorded" journaled "no_PIN_of_his_own_is_chosen_yet"
http "$entry/api/keys/challenge" "$token" --data-binary "{\"badge\":\"$badge\",\"pin\":\"$first\"}"
is "no key is registered for later" "$status" 403
http "http://localhost:$(port_of "$program")/api/tasks" "$token"
is "the program does not know its token" "$status" 401
entry_post "$two_token" entry/sign "{\"badge\":\"$badge\",\"pin\":\"$first\",\"operation\":\"approve-records\",\"digest\":\"$(printf '%064d' 0)\",\"meaning\":\"I approve\"}"
is "in another's session nobody signs with that badge" "$status" 403

add_person "CW-V$marked" 6305918 "Vic Visitor" "V$((marked % 100000))"
visitor=$person
body=$(record_body "$visitor" visitor "$badge")
entry_post "$one_token" records "$body"
approve "$(printf %s "$body" | jq -r .record)"
entry_post "" sign-in "{\"badge\":\"CW-V$marked\",\"pin\":\"6305918\",\"escort_badge\":\"$badge\",\"escort_pin\":\"$first\"}"
is "nor is it an escort's" "$status $(answer .error)" "403 The escort has not chosen a PIN yet."

# ---- choosing ----

change_pin "$token" 000000 "$own"
is "a PIN is not chosen without the present one" "$status" 403
change_pin "$token" "$(pin_of CW-1002)" "$own"
is "nor with another person's" "$status" 403
change_pin "" "$first" "$own"
is "nor without a session" "$status" 401
change_pin "$token" "$first" "$first"
is "the present one is not chosen" "$status" 409
change_pin "$token" "$first" 222222
is "nor a weak one" "$status $(answer .field)" "409 new_pin"
rested
sign_in_with "$badge" "$first"
is "till then the first PIN still asks for another" "$status $(answer .choose_pin)" "200 true"
other=$(answer .token)
change_pin "$token" "$first" "$own"
is "a good one is chosen" "$status" 200
check "and that is recorded" journaled "a_PIN_of_one.s_own_was_chosen"
entry_post "$token" entry/touch '{}'
is "the session that could do nothing else is over" "$status" 401
entry_post "$other" entry/touch '{}'
is "and so is another that somebody had opened with the first PIN" "$status" 401
sign_in_with "$badge" "$first"
is "the first PIN opens nothing any more, whoever knows it" "$status" 403
rested
sign_in_with "$badge" "$own"
is "the own one does" "$status $(answer .choose_pin) $(answer .officer)" "200 false true"
token=$(answer .token)
entry_get "$token" people
is "and its person does what the records allow" "$status" 200

# ---- changing it ----

one=$(token_of "$badge" "$own")
change_pin "$token" "$own" "$next"
is "one changes one's own PIN" "$status $(answer .text)" "200 Your PIN is changed."
entry_post "$token" entry/touch '{}'
is "and works on" "$status" 200
entry_post "$one" entry/touch '{}'
is "whoever is signed in elsewhere is not any more" "$status" 401
sign_in_with "$badge" "$own"
is "the old one opens nothing" "$status" 403
rested
is "PINs from the card count as one's own" "$(sign_in_with CW-1003 "$(pin_of CW-1003)"; answer .choose_pin)" false

# ---- it was forgotten ----

# reset TOKEN OFFICER PERSON PIN
reset() { entry_signed "$1" people/pin "$(jq -nc --arg i "$(uuid)" --arg p "$3" --arg n "$4" '{id: $i, person: $p, pin: $n, reason: "forgotten"}')" "$2" reset-pin "A new first PIN"; }
worker=$(token_of CW-1003 "$(pin_of CW-1003)")
reset "$worker" CW-1003 "$self" 5039174
is "an operator sets nobody's PIN" "$status" 404
entry_post "$one_token" people/pin "{\"id\":\"$(uuid)\",\"person\":\"$self\",\"pin\":\"5039174\",\"reason\":\"forgotten\"}"
is "nor an officer without a signature" "$status" 403
reset "$one_token" "$officer_one" "$(person_of "$officer_one")" 5039174
is "nor his own" "$status" 409
reset "$one_token" "$officer_one" "$self" 111111
is "nor a weak one" "$status" 409
reset "$one_token" "$officer_one" "$self" 5039174
is "an officer sets a new first PIN, and signs" "$status" 200
says "and is told that it opens nothing yet" "$(answer .text)" "until another officer restores"
entry_post "$token" entry/touch '{}'
is "every session has ended" "$status" 401
sign_in_with "$badge" "$next"
is "the old PIN opens nothing" "$status" 403
sign_in_with "$badge" 5039174
is "nor the new one: the officer knows it" "$status" 403
reset "$two_token" "$officer_two" "$self" 6204815
is "another officer's new PIN does not take the place of his word" "$status" 409
entry_get "$two_token" people
is "the other officers read what has happened" "$(answer -c --arg p "$self" '.people[] | select(.person == $p) | [.suspended, .first_pin]')" '[true,true]'
rested
mine="{\"id\":\"$(uuid)\",\"holder\":\"$self\",\"reason\":\"mine\"}"
entry_signed "$one_token" restore "$mine" "$officer_one" restore "I restore"
is "the officer who set it does not let its person in alone" "$status" 404
entry_signed "$two_token" restore "{\"id\":\"$(uuid)\",\"holder\":\"$self\",\"reason\":\"she is here\"}" "$officer_two" restore "I restore"
is "another does" "$status" 200
sign_in_with "$badge" 5039174
is "then it opens the choice of a PIN" "$status $(answer .choose_pin)" "200 true"
token=$(answer .token)
entry_get "$token" people
is "and nothing else" "$status" 403
old=$(casemate status --site "$CASEMATE_SITE" --json | jq -r '.processes[] | select(.program == "identity").pid')
kill -9 "$old"
for _ in $(seq 100); do entry_post "$token" entry/touch '{}'; [ "$status" = 200 ] && break; sleep 0.1; done
entry_get "$token" people
is "also when identity was started again" "$status" 403
change_pin "$token" 5039174 "$again"
is "it is chosen" "$status" 200
sign_in_with "$badge" "$again"
is "and signs in" "$status $(answer .choose_pin)" "200 false"

# ---- what a program is called ----

entry_post "$one_token" records "$(record_body "$self" read-in 'HARROW VAIN' "$enclave")"
is "a slip in a read-in does not rename the program" "$status" 409
says "and its name is said" "$(answer .error)" "\"$program\": give that"
mine=$(record_id "$badge" read-in)
body=$(record_body "$self" read-in 'HARROW NEW' "$enclave" | jq -c --arg s "$mine" '. + {supersedes: $s}')
entry_post "$one_token" records "$body"
is "it is renamed by superseding its read-ins" "$status" 200
approve "$(printf %s "$body" | jq -r .record)"
sign_in_with "$officer_one" "$(pin_of "$officer_one")"
is "for all when most of them say so" "$(answer --arg e "$enclave" '.programs[] | select(.enclave == $e).name')" "$program"
suspend "$badge" "the test is over"
finish
