#!/bin/sh
# Goal: in an emergency somebody opens one action for an hour, alone and at once; everybody in the
# program sees it; no officer does anything else at the entry before another has reviewed it.
. "$(dirname "$0")/lib.sh"

program="HARROW VANE"
officers
token=$(enter CW-1003 "$program") || exit 1
lead=$(enter CW-1001 "$program") || exit 1
# body ACTION REASON
body() { jq -nc --arg i "$(uuid)" --arg a "$1" --arg r "$2" '{id: $i, action: $a, reason: $r}'; }
break_glass() { post_signed "$program" "$token" /api/break-glass "$1" CW-1003 break-glass "I break the glass"; }
review() { entry_signed "$1" glass/review "$3" "$2" review-glass "I review broken glass"; }
review_body() { jq -nc --arg i "$(uuid)" --arg g "$1" --arg v "$2" '{id: $i, glass: $g, verdict: $v, words: "the shift lead called me at once"}'; }
# wait_status WANTED COMMAND...: until the worker has the new snapshot
wait_status() {
    wanted=$1; shift
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        "$@"; [ "$status" = "$wanted" ] && return 0; sleep 0.1
    done
    return 1
}
orders() { get "$program" "$token" /api/orders; }

orders; is "an operator does not see the orders" "$status" 404

# ---- what is not in order ----
b=$(body approve-release "I need it")
break_glass "$b"; is "no glass is broken for an approval" "$status" 409
says "it says what for" "$(answer .error)" "never for releases"
b=$(body view-orders "the planner is out and the line stands")
glass=$(printf '%s' "$b" | jq -r .id)
post "$program" "$token" /api/break-glass "$b"; is "nor without a signature" "$status" 403
post_signed "$program" "$token" /api/break-glass "$b" CW-1003 sign-out "something else"; is "nor with one for something else" "$status" 403
post "$program" nonsense /api/break-glass "$b"; is "nor without a session" "$status" 401
get "$program" "$token" /api/program; is "nothing is told to anybody" "$(answer '.glass | length')" 0
orders; is "and nothing is open" "$status" 404

# ---- broken ----
break_glass "$b"; is "with a PIN again it is broken" "$status" 200
says "for an hour" "$(answer .text)" "Open for you until"
check "at once the action is allowed" wait_status 200 orders
get "$program" "$lead" /api/program
is "everybody in the program is told who, what and why" "$(answer '.glass[] | "\(.name) \(.action): \(.reason)"')" \
    "Ana Duarte view-orders: the planner is out and the line stands"
is "and until when" "$(answer '.glass[0] | (.until[0:19] + "Z" | fromdate) - (.broken[0:19] + "Z" | fromdate)')" 3600
post "$program" "$token" /api/orders/release "{\"id\":\"$(uuid)\",\"order\":\"$(uuid)\"}"
is "nothing else is open" "$status" 404
get "SABLE ORCHARD" "$(enter CW-2004 "SABLE ORCHARD")" /api/program; is "no other program hears of it" "$(answer '.glass | length')" 0
break_glass "$b"; is "twice is once" "$status" 409
said=$(entry_get "$one_token" "records?holder=$(person_of CW-1003)"; answer --arg g "$glass" '.records[] | select(.record == $g) | "\(.attribute) \(.state) \(.approved_by)|\(.granted_by)"')
is "its record says that nobody approved it" "$said" "break-glass active |nobody: the glass was broken"

# ---- what was done behind it, from the record ----
used() { get "$program" "$1" "/api/glass/used${2:+?glass=$2}"; }
officer=$(enter "$officer_one" "$program") || exit 1
used "$token"; is "who broke it does not read what was done" "$status" 404
used "$officer"; is "an officer of the program sees it" "$(answer --arg g "$glass" '.glasses[] | select(.glass == $g) | "\(.name) \(.action)"')" "Ana Duarte view-orders"
used "$officer" "$glass"; is "to look at a list is not on record" "$(answer '.deeds | length')" 0
used "$officer" "$(uuid)"; is "one that was never broken is none" "$status" 404

# ---- the review ----
note() { http "$entry/api/sign-in" "" --data-binary "{\"badge\":\"$1\",\"pin\":\"$(pin_of "$1")\"}"; answer .note; }
suspend CW-1015 "a test"; is "an officer who was signed in before goes on for a day" "$status" 200
fresh_note=$(note "$officer_two"); fresh=$(answer .token)
says "the next one who signs in is told" "$fresh_note" "The glass was broken by Ana Duarte in $program at"
says "for what, in words" "$fresh_note" "See the orders"
restore_body="{\"id\":\"$(uuid)\",\"holder\":\"$(person_of CW-1015)\",\"reason\":\"a test\"}"
entry_signed "$fresh" restore "$restore_body" "$officer_two" restore "I restore somebody"
is "and does nothing else first" "$status" 409
says "in words" "$(answer .error)" "review it first"
entry_post "$fresh" suspend "{\"id\":\"$(uuid)\",\"holder\":\"$(person_of CW-1011)\",\"reason\":\"a test\"}"
is "but what only closes is not held up: somebody is suspended" "$status" 200
entry_post "$fresh" records/revoke "{\"id\":\"$(uuid)\",\"record\":\"$glass\",\"reason\":\"the planner is back\"}"
is "and the glass is closed before its hour is over" "$status" 200
check "so that it opens nothing any more" wait_status 404 orders
get "$program" "$lead" /api/program; is "and nothing is told any more" "$(answer '.glass | length')" 0
entry_get "$fresh" people; is "people are read all the same" "$status" 200
entry_get "$fresh" glass; is "and the broken glass" "$(answer --arg g "$glass" '.glasses[] | select(.glass == $g) | "\(.name) \(.action) \(.state)"')" \
    "Ana Duarte view-orders waits for a review"
entry_post "$fresh" glass/review "$(review_body "$glass" justified)"; is "a review is signed" "$status" 403
review "$fresh" "$officer_two" "$(review_body "$glass" perhaps)"; is "a verdict is one of two" "$status" 409
review "$fresh" "$officer_two" "$(review_body "$(uuid)" justified)"; is "of something that is there" "$status" 404
entry_operator=$(sign_in CW-1003)
review "$entry_operator" CW-1003 "$(review_body "$glass" justified)"; is "nobody reviews his own" "$status" 404
review "$fresh" "$officer_two" "$(review_body "$glass" justified)"; is "an officer reviews it" "$status" 200
entry_get "$fresh" glass; is "with the verdict and the words" \
    "$(answer --arg g "$glass" '.glasses[] | select(.glass == $g) | "\(.state) \(.verdict) \(.words)"')" "reviewed justified the shift lead called me at once"
review "$fresh" "$officer_two" "$(review_body "$glass" not-justified)"; is "once" "$status" 409
entry_signed "$fresh" restore "$(printf '%s' "$restore_body" | jq -c --arg i "$(uuid)" '.id = $i')" "$officer_two" restore "I restore somebody"
is "then the officer goes on" "$status" 200
entry_signed "$one_token" restore "{\"id\":\"$(uuid)\",\"holder\":\"$(person_of CW-1011)\",\"reason\":\"a test\"}" "$officer_one" restore "I restore somebody"
is "and another restores whom he suspended" "$status" 200
is "and the next sign-in is told nothing" "$(note "$officer_two" | grep -c glass)" 0

# ---- what somebody did behind it ----
engineer=$(enter CW-1013 "$program") || exit 1
get "$program" "$engineer" /api/tasks
unit=$(answer '.tasks[] | select(.state == "ready").unit' | head -n 1)
sequence=$(answer --arg u "$unit" '.tasks[] | select(.unit == $u and .state == "ready").sequence' | head -n 1)
start() { post "$program" "$engineer" /api/operations/start "{\"id\":\"$(uuid)\",\"unit\":\"$unit\",\"sequence\":$sequence}"; }
start; is "who has no role for it starts no job" "$status" 404
b=$(body start-operation "the inspector fell ill")
second=$(printf '%s' "$b" | jq -r .id)
post_signed "$program" "$engineer" /api/break-glass "$b" CW-1013 break-glass "I break the glass"; is "and breaks the glass" "$status" 200
check "then starts it" wait_status 200 start
used "$officer" "$second"
says "which is on record, with what the box said" "$(answer '.deeds[] | "\(.operation) \(.object): \(.said)"')" "start_operation Unit"
is "once" "$(answer '.deeds | length')" 1
used "$officer" "$glass"; is "and not behind another's glass" "$(answer '.deeds | length')" 0
fresh=$(sign_in "$officer_two")
review "$fresh" "$officer_two" "$(review_body "$second" not-justified)"; is "it is reviewed" "$status" 200
check "and with that closed, though its hour is not over" wait_status 404 start
entry_get "$fresh" glass; is "which is said" "$(answer --arg g "$second" '.glasses[] | select(.glass == $g) | .until == .reviewed')" true
finish
