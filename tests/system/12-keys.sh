#!/bin/sh
# Goal: a security key opens what its person may, and only when another officer has approved it; it is
# one person's; its answers are good once and for what they were asked; a copy of it opens nothing;
# revoked, it opens nothing any more; and nobody learns by asking who has one.
. "$(dirname "$0")/lib.sh"

key=${CASEMATE_KEY:-build/tests/key}
program='HARROW VANE'
enclave=$(enclave_of "$program")
door_origin=http://localhost:$(port_of "$program")
officers=$(card '[.people[] | select(.badge | startswith("CW-300")).badge] | .[0:2] | join(" ")')
one=${officers% *} two=${officers#* }

at_entry() { http "$entry/api/$2" "$1" --data-binary "$3"; }
door() { post "$program" "$1" "/api/$2" "${3:-"{}"}"; }
pin() { printf '{"badge":"%s","pin":"%s"}' "$1" "${2:-$(pin_of "$1")}"; }
works() { get "$program" "$1" /api/tasks; echo "$status"; }

# challenge TOKEN PATH BODY: the challenge that the entry makes
challenge() { at_entry "$1" "$2" "$3"; [ "$status" = 200 ] || give_up "no challenge: $(cat "$work/answer")"; answer .challenge; }

# register BADGE FILE: the status is left; $credential is its id
register() {
    own_token=$(sign_in "$1") || exit 1
    c=$(challenge "$own_token" keys/challenge "$(pin "$1")")
    credential=$(uuid)
    at_entry "$own_token" keys "{\"id\":\"$(uuid)\",\"credential\":\"$credential\",\"label\":\"blue key\",\"challenge\":\"$c\",$("$key" register "$2" "$c" "$entry")}"
}
# key_in BADGE FILE [WHAT]: sign in with it
key_in() {
    c=$(challenge "" sign-in/challenge "{\"badge\":\"$1\"}")
    at_entry "" sign-in/key "{\"badge\":\"$1\",\"challenge\":\"$c\",$("$key" "${3:-assert}" "$2" "$c" "$entry")}"
}
approval() { printf '{"id":"%s","credential":"%s"}' "$(uuid)" "$1"; }
approve() { entry_signed "$(sign_in "$1")" credentials/approve "$(approval "$2")" "$1" approve-credential "I approve a key"; }

# ---- registering and approving ----

token=$(sign_in CW-1002) || exit 1
at_entry "$token" keys/challenge "$(pin CW-1002 000000)"
is "a key is not begun with a wrong PIN" "$status" 403
at_entry "$token" keys/challenge "$(pin CW-1003)"
is "nor with another person's" "$status" 403
register CW-1002 "$work/k1"
is "a person registers a key" "$status" 200
says "which opens nothing yet" "$(answer .text)" "until a security officer has approved it"
told=$(answer .text)
first=$credential
c=$(challenge "$(sign_in CW-1002)" keys/challenge "$(pin CW-1002)")
check "its name is told where a key is made, that none is made of it again" \
    jq -e --arg k "$("$key" assert "$work/k1" "$c" "$entry" | sed 's/.*"credential":"\([^"]*\)".*/\1/')" 'any(.keys[]; .key == $k)' "$work/answer"
key_in CW-1002 "$work/k1"
is "and does not" "$status" 403
refusal=$(cat "$work/answer")
approve CW-1001 "$first"
is "an operator approves nothing" "$status" 404
at_entry "$(sign_in "$one")" credentials/approve "$(approval "$first")"
is "nor an officer without a signature" "$status $(answer .error)" "403 This needs your signature."
key_in CW-1002 "$work/k1"
is "it opens nothing still" "$status" 403
http "$entry/api/credentials" "$(sign_in "$one")"
says "what its person read stands there, too" "$told" "$(answer --arg c "$first" '.credentials[] | select(.credential == $c).fingerprint')"
approve "$one" "$first"
is "an officer does, who signs" "$status" 200
approve "$one" "$first"
is "once" "$status" 409
key_in CW-1002 "$work/k1"
is "then the key signs in" "$status" 200

register "$one" "$work/k2"
own=$credential
approve "$one" "$own"
is "an officer does not approve his own" "$status" 404
approve "$two" "$own"
is "another officer does" "$status" 200

token3=$(sign_in CW-1003)
c=$(challenge "$token3" keys/challenge "$(pin CW-1003)")
made=$("$key" register "$work/k3" "$c" "$entry")
body="{\"id\":\"$(uuid)\",\"credential\":\"$(uuid)\",\"label\":\"k\",\"challenge\":\"$c\",$made}"
at_entry "$(sign_in CW-1003)" keys "$body"
is "an answer is good in the session that asked only" "$status" 409
at_entry "$token3" keys "$body"
is "and once: it is used up" "$status" 409
c=$(challenge "$token3" keys/challenge "$(pin CW-1003)")
at_entry "$token3" keys "{\"id\":\"$(uuid)\",\"credential\":\"$(uuid)\",\"label\":\"k\",\"challenge\":\"$c\",$("$key" register "$work/k3" "$c" http://localhost:1)}"
says "an answer given at another address is refused" "$(answer .error)" "at another address"

# ---- what does not sign in ----

key_in CW-1003 "$work/k1"
is "another person's badge does not go with it" "$status $(cat "$work/answer")" "403 $refusal"
key_in NOBODY-2 "$work/k1"
is "nor one that nobody has" "$status $(cat "$work/answer")" "403 $refusal"
c=$(challenge "" sign-in/challenge '{"badge":"CW-1002"}')
body="{\"badge\":\"CW-1002\",\"challenge\":\"$c\",$("$key" assert "$work/k1" "$c" "$entry")}"
at_entry "" sign-in/key "$body"
is "an answer signs in" "$status" 200
at_entry "" sign-in/key "$body"
is "once" "$status $(cat "$work/answer")" "403 $refusal"
other=$(challenge "" sign-in/challenge '{"badge":"CW-1002"}')
at_entry "" sign-in/key "{\"badge\":\"CW-1002\",\"challenge\":\"$other\",$("$key" assert "$work/k1" "$c" "$entry")}"
is "nor is it good for another challenge" "$status" 403
c=$(challenge "" sign-in/challenge '{"badge":"CW-1002"}')
at_entry "" sign-in/key "{\"badge\":\"CW-1002\",\"challenge\":\"$c\",$("$key" assert "$work/k1" "$c" "$door_origin")}"
is "nor given at another address" "$status" 403
key_in CW-1002 "$work/k1"
key_in CW-1002 "$work/k1" copy
is "a key whose counter does not rise is a copy" "$status" 403
key_in CW-1002 "$work/k1"
is "the key itself goes on" "$status" 200

# ---- nobody is told who has one ----

for badge in CW-1002 CW-1003 NOBODY-3; do
    at_entry "" sign-in/challenge "{\"badge\":\"$badge\"}"
    answer -c .keys >"$work/keys.$badge"
    wc -c <"$work/answer" >"$work/size.$badge"
    at_entry "" sign-in/challenge "{\"badge\":\"$badge\"}"
    is "$badge: the same names each time" "$(answer -c .keys)" "$(cat "$work/keys.$badge")"
done
is "as many bytes for who has a key, has none, and is nobody" "$(sort -u "$work"/size.* | wc -l)" 1

# ---- working with it ----

key_in CW-1002 "$work/k1"
token=$(answer .token)
at_entry "$token" enter "{\"enclave\":\"$enclave\"}"
door "" redeem "{\"code\":\"$(answer .code)\"}"
token=$(answer .token)
is "a session of a key enters a program" "$(works "$token")" 200
digest=$(printf '%064d' 1)
door "$token" sign/challenge "{\"operation\":\"complete-operation\",\"digest\":\"$digest\",\"meaning\":\"I did this\"}"
is "it asks for a signature" "$status" 200
c=$(answer .challenge)
door "$token" sign/key "{\"challenge\":\"$c\",$("$key" assert "$work/k1" "$c" "$door_origin")}"
is "the key signs" "$status" 200
statement=$(answer .statement | base64 -d | od -An -tx1 -v | tr -d ' \n')
is "the statement says the factor" "$(echo "$statement" | cut -c 147-148)" 02
says "the meaning" "$statement" "$(printf 'I did this' | od -An -tx1 | tr -d ' \n')"
door "$token" sign/challenge "{\"operation\":\"complete-operation\",\"digest\":\"$digest\",\"meaning\":\"I did this\"}"
c=$(answer .challenge)
door "$token" sign/key "{\"challenge\":\"$c\",$("$key" assert "$work/k2" "$c" "$door_origin")}"
is "another person's key does not" "$status" 403
door "$token" lock
door "$token" unlock/challenge
c=$(answer .challenge)
door "$token" sign/key "{\"challenge\":\"$c\",$("$key" assert "$work/k1" "$c" "$door_origin")}"
is "a locked session signs nothing" "$status" 423
door "$token" unlock "$(pin CW-1002)"
is "a PIN does not open what a key has opened" "$status" 403
says "which is said" "$(answer .error)" "opened with a security key"
is "and it stays locked" "$(works "$token")" 423
door "$token" unlock/key "{\"challenge\":\"$c\",$("$key" assert "$work/k1" "$c" "$door_origin")}"
is "the key opens it again" "$status" 200
is "and it works" "$(works "$token")" 200

# ---- the end of a key ----

old=$(casemate status --site "$CASEMATE_SITE" --json | jq -r '.processes[] | select(.program == "identity").pid')
kill -9 "$old"
for _ in $(seq 100); do
    at_entry "" sign-in/challenge '{"badge":"CW-1002"}'
    [ "$status" = 200 ] && break
    sleep 0.1
done
key_in CW-1002 "$work/k1" copy # the counter of the last signature
is "identity knows the counter when it was started again" "$status" 403
key_in CW-1002 "$work/k1"
is "and the key" "$status" 200
at_entry "$(sign_in "$two")" credentials/revoke "{\"id\":\"$(uuid)\",\"credential\":\"$first\",\"reason\":\"lost\"}"
is "an officer revokes it" "$status" 200
is "its sessions end" "$(works "$token")" 401
key_in CW-1002 "$work/k1"
is "and it signs in no more" "$status $(cat "$work/answer")" "403 $refusal"
http "$entry/api/credentials" "$(sign_in "$one")"
is "officers see it" "$(answer --arg c "$first" '.credentials[] | select(.credential == $c) | "\(.kind) \(.label) \(.state)"')" "key blue key revoked"

# ---- cards: what the entry's listener for them has not seen opens nothing ----

c=$(challenge "" sign-in/card/challenge '{}')
at_entry "" sign-in/card "{\"challenge\":\"$c\"}"
is "a challenge that no card has answered opens nothing" "$status" 403
at_entry "" sign-in/card "{\"challenge\":\"$c\"}"
is "and is used up" "$status" 403
c=$(challenge "" sign-in/card/challenge '{}')
at_entry "$(sign_in CW-1003)" cards "{\"id\":\"$(uuid)\",\"credential\":\"$(uuid)\",\"label\":\"card\",\"challenge\":\"$c\",\"badge\":\"CW-1003\",\"pin\":\"$(pin_of CW-1003)\"}"
is "nor is a card registered that nobody showed" "$status" 409
at_entry "$(sign_in "$one")" cards/trust "{\"id\":\"$(uuid)\",\"anchors\":\"$(printf nonsense | base64)\",\"crls\":\"$(printf nonsense | base64)\"}"
says "trust anchors must be certificates" "$(answer .error)" "not certificates in PEM"
at_entry "$(sign_in CW-1003)" cards/trust "{\"id\":\"$(uuid)\",\"anchors\":\"$(printf nonsense | base64)\",\"crls\":\"$(printf nonsense | base64)\"}"
is "and only officers name them" "$status" 404

for detail in a_key.s_counter_went_back security_key what_it_was_opened_with_was_revoked; do
    check "the journal has: $detail" grep -q "$detail" "$CASEMATE_SITE/auditor/journal.log"
done
finish
