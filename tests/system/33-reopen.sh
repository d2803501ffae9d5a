#!/bin/sh
# Goal: an enclave whose disk failed is closed, in words, over every restart, while others work; only
# `casemate reopen`, which reads the whole log again, lets it work; where nothing failed it does nothing.
. "$(dirname "$0")/lib.sh"

program="HARROW VANE"
enclave=$(enclave_of "$program")
pid_of() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg e "$enclave" '.processes[] | select(.program == "worker" and .enclave == $e and .state == "ready").pid'; }
reopen() { timeout 60 casemate reopen --site "$CASEMATE_SITE" "$enclave"; }
works() { get "$program" "$1" /api/tasks; printf %s "$status"; }
# again: end the worker, and wait for the next
again() {
    before=$(pid_of)
    kill -9 "$before"
    for _ in $(seq 50); do
        now=$(pid_of)
        [ -n "$now" ] && [ "$now" != "$before" ] && return
        sleep 0.1
    done
    give_up "the worker does not come back"
}
# said CODE: until the enclave answers so
said() {
    for _ in $(seq 50); do [ "$(works "$ana")" = "$1" ] && return 0; sleep 0.1; done
    return 1
}

ana=$(enter CW-1003 "$program") || exit 1
is "she works" "$(works "$ana")" 200
says "what has not failed is not reopened" "$(reopen)" "has not failed"

: >"$CASEMATE_SITE/$enclave/worker/unsure" # what a worker leaves when the disk fails it
again
check "the enclave is closed" said 503
for _ in $(seq 50); do works "$ana" >/dev/null; case $(answer .error) in *disk*) break ;; esac; sleep 0.1; done
says "and says why" "$(answer .error)" "The disk failed"
says "and who can do what" "$(answer .error)" "casemate reopen"
get "SABLE ORCHARD" "$(enter CW-2001 "SABLE ORCHARD")" /api/tasks
is "the other program works" "$status" 200
again
check "a restart opens nothing" said 503

check "it is reopened" reopen
check "and works" said 200
again
check "also when it is started again" said 200
check "nothing of it remains" test ! -e "$CASEMATE_SITE/$enclave/worker/unsure"
finish
