#!/bin/sh
# Goal: code that runs inside a process of the box, in the very process that serves people, reaches
# nothing: what it tries is killed or refused, and its peers go on with the one that follows it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

inside=${INSIDE:-$(cd "$(dirname "$0")/../.." && pwd)/build/tests/inside}
sleep 30 &
case $("$inside" $! open-host 2>&1) in
worked) kill $! ;;
*) ok "skipped: on this machine nobody may trace a process, root neither"; finish ;;
esac
pids() { casemate status --site "$CASEMATE_SITE" --json | jq -r '.processes[] | select(.state == "ready") | "\(.program)-\(.enclave) \(.pid)"'; }
pid_of() { pids | sed -n "s/^$1 //p" | head -n 1; }
# no_core PID: it leaves no core, and in one that somebody forces is nothing of its memory
no_core() {
    [ "$(awk '/^Max core file size/ { print $5 $6 }' "/proc/$1/limits")" = 00 ] &&
        [ "$(tr -d 0 <"/proc/$1/coredump_filter")" = "" ]
}
for one in $(pids | grep -v '^supervisor' | tr ' ' :); do check "${one%%:*} leaves no core" no_core "${one##*:}"; done
victim=$(pid_of auditor-)
all=$(pids | wc -l)

back() { # back NAME PID: another process serves in its place
    for _ in $(seq 100); do
        now=$(pid_of "$1")
        [ -n "$now" ] && [ "$now" != "$2" ] && [ "$(pids | wc -l)" = "$all" ] && return 0
        sleep 0.1
    done
    return 1
}

# try NAME WHAT FATES [PATH]: one of FATES must be what becomes of it
try() {
    pid=$(pid_of "$1")
    [ -n "$pid" ] || { not_ok "$1 runs"; return; }
    fate=$("$inside" "$pid" "$2" "$victim" "${4:-$CASEMATE_SITE/training.key}" 2>&1)
    case " $3 " in
    *" $fate "* | *" ${fate#refused } "*) ok "$1 tries $2: $fate" ;;
    *) not_ok "$1 tries $2: $fate, not $3" ;;
    esac
    [ "$fate" != killed ] || back "$1" "$pid" || not_ok "$1 is started again"
    [ "$fate" != killed ] || killed=$((killed + 1))
}
killed=0
ended() { grep -c 'was ended by its own filter' "$CASEMATE_SITE/log"; }
ended_before=$(ended)
# class 13 of the journal, the type of a program that its filter has ended (enclave/audit/event.def)
filtered() { cat "$CASEMATE_SITE"/auditor/journal* | grep -c ' audit 13 .* 22 - '; }
filtered_before=$(filtered)

# A program that its filter has ended three times in ten minutes stays down, so a site takes two
# deadly tries a program; then it is started anew.
each() { # each FATES TRY...
    fates=$1; shift
    for name in $(pids | cut -d ' ' -f 1 | grep -v '^keeper'); do
        case $name in auditor-) victim=$(pid_of identity-) ;; *) victim=$(pid_of auditor-) ;; esac
        for what; do try "$name" "$what" "$fates"; done
    done
}
anew() {
    casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1
    casemate training start "$CASEMATE_SITE" >"$work/start" 2>&1 || give_up "the site does not start again: $(cat "$work/start")"
    all=$(pids | wc -l)
}
# who has a directory is stopped by Landlock, everybody else has no such call
each 'killed EACCES' open-host create
anew
each 'killed EACCES' open socket
for tries in 'connect exec' 'fork ptrace' 'signal read-memory'; do
    anew
    # shellcheck disable=SC2086
    each killed $tries
done
anew
each killed write-code

# a gateway holds no program's data, and reaches none: nor its own program's
for gateway in $(pids | cut -d ' ' -f 1 | grep '^gateway'); do
    id=${gateway#gateway-}
    try "$gateway" open 'killed EACCES' "$(ls "$CASEMATE_SITE/${id:-$(card '.enclaves[0].id')}"/worker/*.db | head -n 1)"
done

is "negative 16: each process that its filter ended stands in the site's log" "$(($(ended) - ended_before))" "$killed"

recorded() { for _ in $(seq 50); do [ $(($(filtered) - filtered_before)) = "$killed" ] && return 0; sleep 0.1; done; echo "$(($(filtered) - filtered_before)) of $killed"; return 1; }
check "and in the journal, class 13" recorded

# ---- and it stays down when somebody goes on trying ----

name=worker-$(card '.enclaves[0].id')
try "$name" signal killed
victim_worker=$(pid_of "$name")
says "a third try ends it" "$("$inside" "$victim_worker" signal 1)" killed
down() { for _ in $(seq 50); do casemate status --site "$CASEMATE_SITE" --json | jq -e --arg e "$(card '.enclaves[0].id')" '.processes[] | select(.program == "worker" and .enclave == $e and .state == "offline")' >/dev/null && return 0; sleep 0.1; done; return 1; }
check "and now it stays down until somebody has looked" down
anew
check "people sign in and work as before" enter CW-1001 'HARROW VANE'
for e in $(card '.enclaves[].id'); do
    check "the log of $e verifies" casemate verify --site "$CASEMATE_SITE" "$e"
done
finish
