#!/bin/sh
# Goal: what code inside a worker has left, its channels and the names of things, gives it nothing of
# another program: no key, no name in the journal but its own, no silence for the others, no file.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")/../.." && pwd)
inside=${INSIDE:-$here/build/tests/inside} message=${MESSAGE:-$here/build/tests/message}
sleep 60 &
sleeper=$!
for _ in $(seq 100); do [ "$(cat "/proc/$sleeper/comm")" = sleep ] && break; sleep 0.05; done # and no shell any more
case $("$inside" $sleeper open-host 2>&1) in
worked) kill $sleeper ;;
*) ok "skipped: on this machine nobody may trace a process, root neither"; finish ;;
esac
a='HARROW VANE' b='SABLE ORCHARD'
ea=$(enclave_of "$a") eb=$(enclave_of "$b")
journal=$CASEMATE_SITE/auditor/journal.log
pids() { casemate status --site "$CASEMATE_SITE" --json | jq -r '.processes[] | select(.state == "ready") | "\(.program)-\(.enclave) \(.pid)"'; }
pid_of() { pids | sed -n "s/^$1 //p" | head -n 1; }
back() { for _ in $(seq 100); do now=$(pid_of "$1"); [ -n "$now" ] && [ "$now" != "$2" ] && return 0; sleep 0.1; done; return 1; }
# sockets: inode, the other end's inode, process, descriptor
sockets() { ss -xpnH | awk '$1 == "u_seq" && $2 == "ESTAB" && match($0, /pid=[0-9]+,fd=[0-9]+/) { split(substr($0, RSTART, RLENGTH), at, /[=,]/); print $6, $8, at[2], at[4] }'; }
# channel FROM TO: the descriptor in FROM whose other end TO has
channel() {
    sockets | awk -v from="$1" -v to="$2" '{ owner[$1] = $3; if ($3 == from) peer[$4] = $2 } END { for (d in peer) if (owner[peer[d]] == to) print d }'
}
lines() { grep -c "$1" "$journal"; }
becomes() { for _ in $(seq 100); do [ "$(lines "$2")" -ge "$1" ] && return 0; sleep 0.1; done; return 1; }

wa=$(pid_of "worker-$ea") wb=$(pid_of "worker-$eb")
auditor=$(pid_of auditor-) keeper=$(pid_of keeper-) gb=$(pid_of "gateway-$eb")

# ---- 1, 3, 10: names of what is another's, or everybody's ----

(
    cd /
    for path in "$CASEMATE_SITE/$eb/worker/store.db" "$CASEMATE_SITE/$eb/worker/store.db-wal" \
        "$CASEMATE_SITE/$eb/worker" "$CASEMATE_SITE/$eb" "$CASEMATE_SITE" "$CASEMATE_SITE/keeper/keyring" \
        "$CASEMATE_SITE/training.key" "$CASEMATE_SITE/identity/identity.db" "$journal" "$CASEMATE_SITE/log" \
        "/proc/$wb/mem" "/proc/$wb/maps" "/proc/$wb/root$CASEMATE_SITE/$eb/worker/store.db" "/proc/$wb/cwd/store.db" \
        "/proc/$wb/fd/3" "/proc/$wb/environ" "/proc/$keeper/mem" "/proc/1/root/etc/shadow" /proc/net/unix /proc/keys \
        /tmp /var/tmp /dev/shm /dev/mqueue /dev/mem /proc/sysvipc/shm /sys/fs/cgroup /sys/kernel/debug; do
        echo "$path $("$inside" "$wa" open 1 "$path" 2>&1)"
    done
) >"$work/names"
is "negative 1, 10: none of $(wc -l <"$work/names") names of another's or everybody's opens inside a worker" "$(grep -v 'refused E' "$work/names")" ""
is "and it serves as before" "$(pid_of "worker-$ea")" "$wa"

# ---- 2: its channels are all that it has ----

others=$(sockets | awk -v me="$wa" '{ owner[$1] = $3; if ($3 == me) peer[$2] } END { for (p in peer) if (owner[p]) print owner[p] }' | sort -u)
met=$(pids | awk -v list="$others" 'BEGIN { n = split(list, l, "\n"); for (i = 1; i <= n; i++) has[l[i]] } $2 in has { print $1 }' | sort | tr '\n' ' ')
is "negative 2: a worker's channels end at nobody of another program" "$(echo "$met" | grep -c "$eb")" 0
echo "# they end at: $met"

# ---- 8: a record that says it is another's ----

fd=$(channel "$wa" "$auditor")
forged=forged$(date +%s%N)
is "negative 8: a worker sends a record that names another program" "$("$inside" "$wa" say "$fd" "$("$message" audit "worker/$eb-$forged")")" worked
check "it is in the journal" becomes 1 "$forged"
is "as said by the worker that it came from" "$(grep "$forged" "$journal" | grep -c " worker/$ea audit ")" 1
is "and by nobody else" "$(grep "$forged" "$journal" | grep -vc " worker/$ea audit ")" 0

# ---- what it says of itself: one line of the status, and that it has begun, once ----

control=$(channel "$wa" "$(awk '{ print $4 }' "/proc/$wa/stat")")
is "a worker says more than a line of itself" "$("$inside" "$wa" say "$control" "$("$message" say "well
worker     $eb offline    0  says: forged")")" worked
said() { casemate status --site "$CASEMATE_SITE" | grep -q "forged"; }
for _ in $(seq 50); do said && break; sleep 0.1; done
check "it is said" said
is "in its own line, and the other's says nothing of it" "$(casemate status --site "$CASEMATE_SITE" | grep -c "^worker     $eb")" 1
"$inside" "$wa" say "$control" "$("$message" ready)" >/dev/null 2>&1 # it may not live to see it sent
check "one that says again that it is ready is ended, and started anew" back "worker-$ea" "$wa"
wa=$(pid_of "worker-$ea")
control=$(channel "$wa" "$(awk '{ print $4 }' "/proc/$wa/stat")")
"$inside" "$wa" say "$control" "$("$message" say "")" 5000 >/dev/null 2>&1
check "and so is one that does not stop talking to the supervisor" back "worker-$ea" "$wa"
wa=$(pid_of "worker-$ea")
fd=$(channel "$wa" "$auditor")

# ---- 9: one writes as fast as it can: its share, and not the disk ----

token=$(enter CW-3001 "$b") || exit 1
token_a=$(enter CW-3002 "$a") || exit 1
# each waits until the auditor has its intent; the slowest, in ms
asked() {
    for _ in $(seq 30); do
        curl -s -m 20 -o /dev/null -w '%{http_code} %{time_total}\n' -H "Authorization: Bearer $token" \
            --data-binary "{\"id\":\"$(uuid)\"}" "http://localhost:$(port_of "$b")/api/rationale/print"
    done >"$work/times"
    awk '$1 == 200 { n++ } $2 > most { most = $2 } END { printf "%d %d\n", n, most * 1000 }' "$work/times"
}
act_of_its_own() { post "$a" "$token_a" /api/rationale/print "{\"id\":\"$(uuid)\"}"; }
journal_says() { get "$1" "$2" /api/security; answer .journal; }
says_of_itself() { casemate status --site "$CASEMATE_SITE" | grep '^auditor '; }
# what the journal says was counted and not kept, added up: class 9, type 48, from the auditor itself
counted() { grep " auditor/- audit 9 2 .* 48 - " "$journal" | grep -o "worker/$ea:_[0-9]*_records_not_kept" | sed 's/.*:_//; s/_.*//' | awk '{ n += $1 } END { print n + 0 }'; }
adds_up() { for _ in $(seq 300); do [ $(($(lines "$1") + $(counted) - $2)) -ge "$3" ] && return 0; sleep 0.1; done; echo "$(lines "$1") kept, $(($(counted) - $2)) counted"; return 1; }
# send FD DIGITS TIMES: and how long it took, in seconds
send() { began=$(date +%s); "$inside" "$wa" say "$1" "$2" "$3" >"$work/flooded" 2>&1; echo $(($(date +%s) - began)) >"$work/took"; }

says "before it the status says nothing of a share" "$(says_of_itself | grep -c 'its share')" 0
alone=$(asked)
times=40000 flood=flood$(date +%s%N)
share=$((4 << 20)) rate=1024 # of a worker's denials: enclave/audit/share.def
records=$(grep -c " worker/$eb audit [0-9]* [01] " "$journal")
send "$fd" "$("$message" audit "$flood")" $times &
flooding=$!
becomes 500 "$flood"
beside=$(asked)
during=$(lines "$flood")
wait $flooding
is "negative 9: it sent $times records, and was neither stopped nor ended" "$(cat "$work/flooded")" worked
kept=$(lines "$flood") bytes=$(grep "$flood" "$journal" | wc -c)
echo "# $kept of $times are lines, $bytes bytes; $during of them beside the other's requests; in $(cat "$work/took") s; the other's slowest act: ${alone#* } ms alone, ${beside#* } ms beside it"
check "the journal grew by its share and no more" [ "$bytes" -le $((share + rate * ($(cat "$work/took") + 2))) ]
check "which is less than it sent" [ "$kept" -lt "$times" ]
check "each of them is a line, or counted in one" adds_up "$flood" 0 $times
is "and none is both" "$(($(lines "$flood") + $(counted)))" $times
check "the site's log names who it was" grep -q "worker/$ea writes more to the journal than its share" "$CASEMATE_SITE/log"
says "so does the site's status, with the number" "$(says_of_itself)" "worker/$ea writes more to the journal than its share: $((times - $(lines "$flood"))) records"
says "and its own officer's page" "$(journal_says "$a" "$token_a")" "writes more to the journal than its share"
is "the other's page says nothing of it" "$(journal_says "$b" "$token" | grep -c share)" 0
is "the other program's thirty acts were done meanwhile" "${beside% *}" 30
is "with an intent and an outcome each in the journal" "$(($(grep -c " worker/$eb audit [0-9]* [01] " "$journal") - records))" 60
check "the flood ran beside the other's requests" [ "$during" -gt 100 ]
check "and the other program was not made to wait for it" [ "${beside#* }" -lt $((10 * ${alone#* } + 250)) ]
act_of_its_own
is "its own acts have a share of their own" "$status" 200

# ---- 9: what asks to be done before it is done, without end ----

before=$(wc -c <"$journal")
send "$fd" "$("$message" intent "$flood")" 20000
is "it asks for 20000 acts" "$(cat "$work/flooded")" worked
act_of_its_own
is "then its own are refused" "$status" 503
# a second later something has come back, and what it left open stands in its way
case $(answer .error) in
*"has written more to the journal than its share"* | *"More is being decided at once than can be followed"*) ok "in words" ;;
*) not_ok "in words: $(answer .error)" ;;
esac
is "the other program's are done" "$(asked | cut -d ' ' -f 1)" 30
check "and the journal grew by that share" [ $(($(wc -c <"$journal") - before)) -le $((share + 3 * 1024 * $(cat "$work/took") + 100000)) ]

# ---- 9: an auditor that is ended gives no new share ----

"$inside" "$wa" say "$fd" "$("$message" bad)" >/dev/null
check "it ends the auditor, which is back" back auditor- "$auditor"
auditor=$(pid_of auditor-)
for _ in $(seq 100); do fd=$(channel "$wa" "$auditor"); [ -n "$fd" ] && break; sleep 0.1; done
flood=again$(date +%s%N)
before=$(counted)
send "$fd" "$("$message" audit "$flood")" 5000
check "of 5000 records more each is a line, or counted" adds_up "$flood" "$before" 5000
bytes=$(grep "$flood" "$journal" | wc -c)
# it counts anew from what the segment says: what has come back is that of the segment's whole age
age=$(($(date +%s) - $(head -n 1 "$journal" | cut -d ' ' -f 2) / 1000))
check "and $(lines "$flood") of them are lines: what has come back in the $age s of the segment" [ "$bytes" -le $((rate * (age + 60))) ]
check "the journal is exported" casemate audit journal --site "$CASEMATE_SITE" "$work/journal"
check "and verifies" casemate audit verify --root "$CASEMATE_SITE/root.json" "$work/journal"
for e in $ea $eb; do check "the log of $e verifies" casemate verify --site "$CASEMATE_SITE" "$e"; done

# ---- 8: a datagram that is no message ----

fd=$(channel "$wb" "$auditor")
is "a worker sends what is no message" "$("$inside" "$wb" say "$fd" "$("$message" bad)")" worked
check "the auditor ends rather than read on, and is back" back auditor- "$auditor"
works() { get "$b" "$token" /api/tasks; [ "$status" = 200 ]; }
check "people work as before" works

# ---- 7: a hand-out, said back to the keeper ----

fd=$(channel "$wa" "$keeper")
is "negative 7: a worker that has its keys has no channel to the keeper any more" "$fd" ""
for one in $(pids | grep -v '^keeper\|^auditor' | cut -d ' ' -f 2); do channel "$one" "$keeper"; done >"$work/to-keeper"
is "nor has anybody else but the auditor, where the keeper's own records go" "$(cat "$work/to-keeper")" ""
check "which finds it" [ -n "$(channel "$keeper" "$(pid_of auditor-)")" ]

# ---- 9: keys, cards and badges that are refused before anybody is known ----

# ask PATH BODY TIMES: one behind the other, as fast as they are answered
ask() {
    printf '%s' "$2" >"$work/asked"
    for _ in $(seq "$3"); do printf 'next\nurl = "%s/api/%s"\ndata-binary = "@%s"\noutput = /dev/null\n' "$entry" "$1" "$work/asked"; done >"$work/urls"
    curl -s -K "$work/urls"
}
at_identity() { grep -c ' identity/- audit ' "$journal"; }
before=$(at_identity)
ask sign-in/key "{\"badge\":\"CW-2001\",\"challenge\":\"$(printf %064d 0)\",\"credential\":\"AAAA\",\"client_data\":\"AAAA\",\"authenticator\":\"AAAA\",\"signature\":\"AAAA\"}" 500
for i in 1 2 3; do ask sign-in '{"badge":"NOBODY-9","pin":"99999999"}' 100 & done
wait
wrote=$(($(at_identity) - before))
check "800 refusals at one station are $wrote lines: some, and no flood" [ "$wrote" -ge 1 ]
check "  (at most 20 in each of two minutes, and PINs that were tried)" [ "$wrote" -le 80 ]
sign_in CW-2001 >/dev/null
is "and people sign in there" "$status" 200
finish
