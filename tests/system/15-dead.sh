#!/bin/sh
# Goal: what hangs or dies on the way in stops nobody who works.  Without hasher or identity nobody
# signs in, and it is said; who is signed in works on; when they are back all is as before, and what
# was revoked stays revoked.
. "$(dirname "$0")/lib.sh"

program="HARROW VANE"
pid_of() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg p "$1" '.processes[] | select(.program == $p and .state == "ready").pid'; }
works() { get "$program" "$1" /api/tasks; printf %s "$status"; }
try() { entry_post "" sign-in "$(jq -nc --arg b "$1" --arg p "$(pin_of "$1")" '{badge: $b, pin: $p}')"; printf %s "$status"; }
# until CODE COMMAND...: its word within twenty seconds
until_is() {
    wanted=$1; shift
    for _ in $(seq 100); do [ "$("$@")" = "$wanted" ] && return 0; sleep 0.2; done
    return 1
}

lead=$(enter CW-1011 "$program") || exit 1
ana=$(enter CW-1003 "$program") || exit 1
is "she works" "$(works "$ana")" 200

# ---- the hasher hangs, and dies ----

hasher=$(pid_of hasher)
kill -STOP "$hasher"
is "a hasher that hangs: nobody signs in, and it is said" "$(try CW-1009)" 503
says "with what to do" "$(answer '.error + .todo')" "again"
is "who is signed in works on" "$(works "$ana")" 200
curl -s -m 20 -o "$work/waiting" "$entry/api/sign-in" --data-binary "$(jq -nc --arg p "$(pin_of CW-1006)" '{badge: "CW-1006", pin: $p}')" &
waiting=$!
until_is 1 sh -c "ss -Htn state established '( sport = :${entry##*:} )' | grep -c . | sed 's/^[1-9].*/1/'" || true
kill -9 "$hasher"
wait "$waiting"
says "one that dies: who waits is told" "$(cat "$work/waiting")" "at the moment"
check "it is started again, and people sign in" until_is 200 try CW-1009
is "nothing is locked by it" "$(answer '.token != null')" true

# ---- identity hangs, and dies ----

identity=$(pid_of identity)
kill -STOP "$identity"
is "identity hangs: who is signed in works on" "$(works "$ana")" 200
is "nobody signs in" "$(try CW-1009)" 503
kill -CONT "$identity"
check "and then they do" until_is 200 try CW-1009
officers
revoked=$(record_id CW-1003 role)
kill -9 "$(pid_of identity)"
is "identity dies: who is signed in works on" "$(works "$ana")" 200
check "it is back, and people sign in" until_is 200 try CW-1009
is "her session is the same" "$(works "$ana")" 200
is "so is an officer's" "$(entry_get "$one_token" people; printf %s "$status")" 200
revoke "$revoked" "a test"
is "a role is revoked" "$status" 200
kill -9 "$(pid_of identity)"
gone() { get "$program" "$ana" "/api/policy/who-can?what=view-job"; printf %s "$status"; }
lead_sees() { get "$program" "$lead" /api/tasks; printf %s "$status"; }
check "identity dies right behind it: others work on" until_is 200 lead_sees
unit=$(answer '.tasks[0].unit') sequence=$(answer '.tasks[0].sequence')
job() { get "$program" "$ana" "/api/job?unit=$unit&sequence=$sequence"; printf %s "$status"; }
check "the revocation has reached the open session" until_is 404 job
for _ in $(seq 50); do [ -n "$(pid_of identity)" ] && break; sleep 0.1; done
is "and stays when identity is back" "$(job)" 404
finish
