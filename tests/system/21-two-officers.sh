#!/bin/sh
# Goal: of two officers neither shuts the other out for good.  Two accounts are one human being's only
# when two officers say so, nobody of himself; and where no two officers are left, the console lets
# one in again, in the log and the journal.
. "$(dirname "$0")/lib.sh"

journal=$CASEMATE_SITE/auditor/journal.log
officers
natural() { entry_get "$one_token" people; answer --arg b "$1" '.people[] | select(.badge == $b).natural'; }
pair() { printf '{"id":"%s","person":"%s","same_as":"%s"}' "$(uuid)" "$(person_of "$1")" "$(person_of "$2")"; }
# propose TOKEN OFFICER ONE OTHER, agree TOKEN OFFICER ONE OTHER
propose() { entry_signed "$1" people/link "$(pair "$3" "$4")" "$2" link-person "It is one human being"; }
agree() { entry_signed "$1" people/link/approve "$(pair "$3" "$4")" "$2" approve-link "It is one human being"; }
restore_at_console() { casemate reinstate --site "$CASEMATE_SITE" "$@"; }
pin() { printf '{"badge":"%s","pin":"%s"}' "$1" "$(pin_of "$1")"; }
journaled() { for _ in $(seq 40); do grep -q "$1" "$journal" && return 0; sleep 0.05; done; return 1; }

# ---- two accounts ----

propose "$one_token" "$officer_one" "$officer_two" "$officer_one"
is "nobody links an account with himself" "$status" 409
says "which is said" "$(answer .error)" "Nobody links an account with himself"
propose "$one_token" "$officer_one" "$officer_one" CW-1015
is "nor himself with another" "$status" 409
propose "$one_token" "$officer_one" "$officer_two" CW-1015
is "an officer says that the other is somebody else, too" "$status" 200
says "and is told that it counts for nothing yet" "$(answer .text)" "They count as two"
agree "$one_token" "$officer_one" "$officer_two" CW-1015
is "he does not approve it himself" "$status" 404
is "it is so" "$(natural "$officer_two")" "$(person_of "$officer_two")"
entry_get "$one_token" people
is "with who says so" "$(answer --arg b "$officer_two" '.people[] | select(.badge == $b).linking_by')" "$(card --arg b "$officer_one" '.people[] | select(.badge == $b).name')"
is "what waits is shown" "$(answer --arg b "$officer_two" '.people[] | select(.badge == $b).linking')" CW-1015
grant CW-1002 skill two-officers
ok "the two are two: one enters, the other approves"
propose "$two_token" "$officer_two" CW-2002 CW-2001
agree "$one_token" "$officer_one" CW-2002 CW-2003
is "another pair than was said is not approved" "$status" 409
entry_post "$one_token" people/link/approve "$(pair CW-2002 CW-2001)"
is "nor without a signature" "$status" 403
agree "$one_token" "$officer_one" CW-2002 CW-2001
is "said by one and approved by another" "$status" 200
is "two accounts are one human being's" "$(natural CW-2002)" "$(natural CW-2001)"
propose "$two_token" "$officer_two" CW-2002 CW-2001
is "once" "$status" 409

# ---- the way back ----

suspend "$officer_two" "a test of what one can do to the other"
is "one suspends the other" "$status" 200
entry_post "" sign-in "$(pin "$officer_two")"
is "who then does not sign in" "$status" 403
entry_signed "$one_token" restore "{\"id\":\"$(uuid)\",\"holder\":\"$(person_of "$officer_two")\",\"reason\":\"mine\"}" "$officer_one" restore "I restore"
is "and whom he alone does not restore" "$status" 404
check "the console does" restore_at_console "$officer_two" "no second officer is left"
check "and it is journaled" journaled "restored_at_the_console"
sleep 5.2 # a training site delays after wrong PINs
two_token=$(sign_in "$officer_two")
entry_get "$two_token" people
is "he is an officer as before" "$status" 200
role=$(entry_get "$one_token" "records?holder=$(person_of "$officer_two")"; answer '[.records[] | select(.attribute == "role" and .value == "security-officer" and .scope == "" and .state == "active")][].record')
for r in $role; do revoke "$r" "a test of what one can do to the other"; done
for _ in $(seq 40); do entry_get "$two_token" people; [ "$status" = 404 ] && break; sleep 0.1; done
is "one takes the other's role away" "$status" 404
check "the console gives it back, for thirty days" restore_at_console "$officer_two" "no second officer is left"
check "and it is journaled" journaled "as_an_officer_for_thirty_days"
for _ in $(seq 40); do entry_get "$two_token" people; [ "$status" = 200 ] && break; sleep 0.1; done
is "he is an officer again" "$status" 200
entry_get "$one_token" "records?holder=$(person_of "$officer_two")"
says "on record as the console's" "$(answer '[.records[] | select(.value == "security-officer" and .state == "active")][0].document')" "restoration at the console"
refused "where there are two, the console makes no third" 1 "officers enough" restore_at_console CW-1015 "a third"
refused "nor is there a way for somebody unknown" 1 "nobody has this badge" restore_at_console NOBODY-9 "who"
refused "a reason is needed" 2 "" restore_at_console "$officer_two"
finish
