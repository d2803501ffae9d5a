#!/bin/sh
# The fault campaign: while eight stations work, processes are killed with SIGKILL at random
# moments: each program of the site, then both ends of each channel of topology.def at once, the
# runs of backup, rekey and import while they are under way, both guards of releases likewise, and
# the supervisor.
#     KILLS   of worker and gateway, default 20; of the others FEW, default a quarter
#     PAIRS   of each channel, default 2
#     FIGURE  prints and does only this one
#     BUSY    not empty: other work shares the machine, and the longest wait is reported, not judged
# Prints a figure a line; ends with 1 if one is short, and what was seen goes to the standard error.
# shellcheck source=../bench/site.sh
. "$(dirname "$0")/../bench/site.sh"
program_faults=${FAULTS:-$here/build/bench/faults}
kills=${KILLS:-20}
few=${FEW:-$(((kills + 3) / 4))}
pairs=${PAIRS:-2}
only=${FIGURE:-}
# both ends of every channel between programs that stay, the keeper with them
channels=$(sh "$here/tests/faults/channels.sh")
# the units of one order must last for the whole campaign: about so many seconds, 180 units of
# 40 operations with three requests each, by eight stations
seconds=$((4 * kills + 18 * few + 4 * pairs * $(echo "$channels" | wc -l)))
case $only in
'') ;;
kill9_run_guard) seconds=$((18 * few)) ;;
*) seconds=$((4 * (kills > few ? kills : few))) ;;
esac
pause=$((4 + seconds * 2 / 5))

wanted() { [ -z "$only" ] || [ "$only" = "$1" ] || [ "$only" = log_verifies_after_faults ]; }
# 0.15 s to 0.55 s
random_pause() { sleep "0.$(awk -v r="$(od -An -N2 -tu2 /dev/urandom)" 'BEGIN { printf "%03d", 150 + r % 400 }')"; }
supervisor_id() { pgrep -f "^supervisor $CASEMATE_SITE " | head -n 1; }

# of NAME: the process that is ready
of() {
    case $1 in
    supervisor) supervisor_id ;;
    entry) process_id gateway "" ;;
    worker | gateway) process_id "$1" "$enclave" ;;
    *) process_id "$1" "" ;;
    esac
}

# ready NAME NOT: wait for one that is ready and is not the process NOT
ready() {
    for _ in $(seq 1 600); do
        pid=$(of "$1" 2>/dev/null)
        [ -n "$pid" ] && [ "$pid" != "$2" ] && { echo "$pid"; return; }
        sleep 0.1
    done
    say "$1 does not come back"
}

# what an operator does; a killed process takes a moment to be reaped
operator() { for _ in $(seq 1 600); do "$@" >"$work/operator" 2>&1 && return; sleep 0.1; done; say "$*: $(tail -n 2 "$work/operator")"; }

# unlock_again OLD: until there is another keeper; before the supervisor has seen that the old one has
# ended it says that the site is unlocked
unlock_again() {
    for _ in $(seq 1 300); do
        operator casemate unlock "$CASEMATE_SITE"
        now=$(of keeper 2>/dev/null)
        [ -z "$now" ] || [ "$now" = "$1" ] || return 0
        sleep 0.1
    done
}

# goes_on: the stations were answered once more from now on; else the next kill would meet no work
goes_on() {
    answered=$(cat "$work/answered")
    for _ in $(seq 1 300); do
        [ "$(cat "$work/answered")" = "$answered" ] || return 0
        sleep 0.1
    done
    say "nothing is answered any more"
    return 1
}

# campaign PHASE TIMES NAME...: all of NAME at once, so often.  One that had ended by itself, because
# another of before was killed, is not counted.
campaign() {
    name=$1 times=$2; shift 2
    wanted "$name" || return 0
    echo "phase $name"
    hit=0
    for _ in $(seq 1 "$((3 * times))"); do
        [ "$hit" -lt "$times" ] || break
        victims= keeper=$(of keeper)
        for who; do victims="$victims $(ready "$who" 0)"; done
        random_pause
        # shellcheck disable=SC2086
        kill -9 $victims 2>/dev/null && { hit=$((hit + 1)); echo "$name" >>"$work/kills"; }
        case " $* " in
        *" supervisor "*) operator casemate training start "$CASEMATE_SITE" ;;
        *" keeper "*) unlock_again "$keeper" ;;
        esac
        for who; do
            old=${victims# } victims=${old#* } old=${old%% *}
            [ -n "$(ready "$who" "$old")" ] || return 0
        done
    done
    goes_on
}

# The newest child of the supervisor, which was not there BEFORE; read without a program, since a
# run may be over in milliseconds.
new_child() { # new_child BEFORE: in $victim
    read -r now <"/proc/$supervisor/task/$supervisor/children" || :
    for child in $now; do case " $1 " in *" $child "*) ;; *) victim=$child ;; esac; done
}
# runs PHASE TIMES COMMAND...: the run's process is killed while it is under way.  Who looks out for it
# goes before all others: a busy machine would let it look again only when a short run is over.
runs() {
    name=$1 times=$2; shift 2
    wanted "$name" || return 0
    echo "phase $name"
    hit=0 tries=0 supervisor=$(supervisor_id)
    read -r self _ </proc/self/stat
    renice -n -20 -p "$self" >/dev/null 2>&1
    while [ "$hit" -lt "$times" ] && [ "$tries" -lt "$((20 * times))" ]; do
        tries=$((tries + 1))
        read -r before <"/proc/$supervisor/task/$supervisor/children" || :
        spins=$(($(od -An -N2 -tu2 /dev/urandom) / 4))
        "$@" >"$work/run" 2>&1 &
        run=$! victim=
        while [ -z "$victim" ] && kill -0 "$run" 2>/dev/null; do new_child "$before"; done
        while [ "$spins" -gt 0 ]; do spins=$((spins - 1)); done
        [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null && { hit=$((hit + 1)); echo "$name" >>"$work/kills"; }
        wait "$run"
        [ -n "$(ready worker 0)" ] || break
    done
    renice -n 0 -p "$self" >/dev/null 2>&1
    say "$name: $tries begun, $hit killed while they ran"
    operator "$@" # and undisturbed it is done
    ready worker 0 >/dev/null
    goes_on
}

# ---- releases: of another program than the one under load, whose people may release ----

releasing=$(card .release.program)
newest() { get "$releasing" "$requester" /api/releases; answer --arg s "$slot" --arg f "$1" '[.releases[] | select(.slot == $s)][0][$f] // ""'; }

# guards STATE MOST COMMAND...: while COMMAND asks for them, and behind it, the guards that are under way
# are killed, up to MOST of them, until the release is in STATE.  The worker asks again three seconds
# later, so a release is late and never half done.
guards() {
    wants=$1 most=$2 made=0; shift 2
    read -r before <"/proc/$supervisor/task/$supervisor/children" || :
    { "$@" 2>&1 || echo "it could not be asked for"; } >"$work/asking" &
    asking=$!
    while :; do
        victim='' looks=0 spins=$(($(od -An -N2 -tu2 /dev/urandom) / 16))
        while [ "$made" -lt "$most" ] && [ -z "$victim" ] && [ "$looks" -lt 150000 ]; do looks=$((looks + 1)); new_child "$before"; done
        while [ "$spins" -gt 0 ]; do spins=$((spins - 1)); done
        [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null && { made=$((made + 1)) hit=$((hit + 1)); echo "$name" >>"$work/kills"; }
        read -r before <"/proc/$supervisor/task/$supervisor/children" || :
        kill -0 "$asking" 2>/dev/null && [ "$made" -lt "$most" ] && continue
        wait "$asking"
        [ ! -s "$work/asking" ] || { say "$slot: $(cat "$work/asking" "$work/answer")"; return 1; }
        state=$(newest state)
        [ "$state" != "$wants" ] || return 0
        [ "$state" != refused ] || { say "the release was refused: $(newest reason)"; return 1; }
        [ "$(date +%s)" -lt "$until" ] || { say "the release stays $state"; return 1; }
        [ "$made" -lt "$most" ] || sleep 0.3
    done
}
request_release() {
    post "$releasing" "$requester" /api/releases "$(jq -nc --arg id "$(uuid)" --arg s "$slot" '{id: $id, slot: $s}')"
    [ "$status" = 200 ]
}
approve_release() { # twice, as people do
    for approver in $(card '.release.approvers[]'); do
        approver_token=$(enter "$approver" "$releasing")
        post_signed "$releasing" "$approver_token" /api/releases/approve \
            "$(jq -nc --arg id "$(uuid)" --arg r "$release" --arg m "$manifest" '{id: $id, manifest: $m, release: $r}')" \
            "$approver" approve-release 'I have read every byte and approve this release'
        [ "$status" = 200 ] || return 1
    done
}
one_release() { # one_release MOST
    until=$(($(date +%s) + 240))
    [ "$(newest state)" = "" ] || return 0
    guards awaiting "$((($1 + 1) / 2))" request_release || return 1
    release=$(newest release) manifest=$(newest manifest)
    guards released "$(($1 / 2))" approve_release
}
# releases PHASE TIMES
releases() {
    name=$1 times=$2
    wanted "$name" || return 0
    echo "phase $name"
    hit=0 weeks=0 begun=0 supervisor=$(supervisor_id)
    requester=$(enter "$(card .release.requester)" "$releasing")
    read -r self _ </proc/self/stat
    while [ "$hit" -lt "$times" ] && [ "$weeks" -lt 50 ]; do
        weeks=$((weeks + 1))
        slot=$(date -u -d "-$((7 * weeks)) days" +%G-W%V)
        most=$((times - hit))
        renice -n -20 -p "$self" >/dev/null 2>&1
        one_release "$((most < 10 ? most : 10))" || { echo "$name" >>"$work/unwell"; break; }
        renice -n 0 -p "$self" >/dev/null 2>&1
    done
    renice -n 0 -p "$self" >/dev/null 2>&1
    # each that is said to be released lies there as one bundle that its receiver takes
    get "$releasing" "$requester" /api/releases
    done_releases=$(answer '[.releases[] | select(.state == "released")] | length')
    outbox=$CASEMATE_SITE/$(enclave_of "$releasing")/outbox
    bundles=0
    for tar in "$outbox"/h2l-*.tar; do
        [ -e "$tar" ] || continue
        bundles=$((bundles + 1))
        casemate-bundle verify --root "$CASEMATE_SITE/root.json" "$tar" >"$work/verified" 2>&1 ||
            { say "$tar: $(cat "$work/verified")"; echo "$name" >>"$work/unwell"; }
    done
    [ "$bundles" -eq "$done_releases" ] || { say "$done_releases releases, and $bundles bundles"; echo "$name" >>"$work/unwell"; }
    say "$name: $hit guards killed, $done_releases releases, $bundles bundles"
    goes_on
}
backup() { rm -rf "$work/media"; mkdir "$work/media" && casemate backup "$work/media" --site "$CASEMATE_SITE"; }
rekey() { casemate rekey "$enclave" --site "$CASEMATE_SITE"; }
# the same delivery until it is in: the next one continues it
import() {
    [ -s "$work/delivery" ] || deliver
    casemate import --site "$CASEMATE_SITE" "$(cat "$work/delivery")" >"$work/imported" 2>&1 ||
        grep -q 'It is here already' "$work/imported" || { cat "$work/imported"; return 1; }
    rm "$work/delivery"
}
deliver() {
    number=$stamp-$(date +%N)
    printf 'number,key,part,rev,qty,due,priority\nW-%s,FRD-%s,BENCH-%s,A,1,2030-06-28,60\n' "$number" "$stamp" "$stamp" >"$work/orders.csv"
    casemate-bundle make-orders --json --dir "$CASEMATE_SITE/enterprise" --enclave "$enclave" "$work/orders.csv" |
        jq -r --arg d "$CASEMATE_SITE/enterprise/out" '"\($d)/\(.name).tar"' >"$work/delivery"
}
# how many events of deliveries the log has: one each, taken or refused, and one for each order in it
deliveries() { timeout 300 casemate replay --site "$CASEMATE_SITE" "$enclave" 2>&1 | awk '$1 ~ /^inbound/ { n += $2 } END { print n + 0 }'; }

each_process() {
    echo "worker $kills"
    echo "gateway $kills"
    for who in auditor identity hasher entry keeper; do echo "$who $few"; done
}
each_run() { for who in backup rekey intake guard; do echo "$who $few"; done; }
all_figures() {
    each_process | sed 's/^/kill9_/'
    for two in $channels; do echo "kill9_$two $pairs"; done | tr + _
    each_run | sed 's/^/kill9_run_/'
    echo "kill9_supervisor $few"
}

commands() {
    sleep 0.5
    each_process >"$work/processes"
    while read -r who times; do campaign "kill9_$who" "$times" "$who"; done <"$work/processes"
    for two in $channels; do campaign "kill9_$(echo "$two" | tr + _)" "$pairs" "${two%+*}" "${two#*+}"; done
    runs kill9_run_backup "$few" backup
    runs kill9_run_rekey "$few" rekey
    runs kill9_run_intake "$few" import
    releases kill9_run_guard "$few"
    campaign kill9_supervisor "$few" supervisor
    echo end
}

plan_make 180 "${OPERATIONS:-40}"
# who approves releases signs in for that, and his session here would end
sed -i "s|^officer .*|officer $(enter "$officer_two" "$program")|" "$plan"
deliveries_before=$(deliveries)
: >"$work/kills"
: >"$work/unwell"
echo 0 >"$work/answered"
commands | timeout "${LIMIT:-$((300 + 6 * seconds))}" "$program_faults" "$plan" "$pause" "$work/answered" >"$work/found" || give_up "the load ended: $(cat "$work/found")"

short=0 longest=0
# figure NAME VALUE UNIT MISSING: MISSING trials were not made
figure() {
    [ "$2" -eq 0 ] && [ "$4" -eq 0 ] && said=ok || { said=short; short=1; }
    echo "figure $1 = $2 $3 (limit 0, ratio $2, wants 0) $said"
}
all_figures >"$work/figures"
while read -r name wants; do
    wanted "$name" || continue
    [ "$only" = log_verifies_after_faults ] && continue
    line=$(grep "^phase $name " "$work/found") || give_up "nothing was found out about $name"
    # phase NAME acknowledged N again N lost N longest-ms N signed-out N
    # shellcheck disable=SC2086
    set -- $line
    n=$(grep -c "^$name\$" "$work/kills")
    say "$name: ${6} sent again, longest wait ${10} ms, told to badge in again: ${12}"
    [ "${10}" -le "$longest" ] || longest=${10}
    missing=$((wants - n))
    [ "$missing" -eq 0 ] || say "$name: SHORT, $n of $wants kills were made"
    [ "$4" -gt 0 ] || { say "$name: SHORT, nothing was acknowledged while it went on"; missing=1; }
    figure "$name" "$(($8 + $(grep -c "^$name\$" "$work/unwell")))" "lost-of-$4-in-$n-kills" "$missing"
done <"$work/figures"

# A wait is what people notice; on a machine that others share it is theirs, too.
if [ "$longest" -le 5000 ]; then said=ok; elif [ -n "${BUSY:-}" ]; then said=reported; else said=short short=1; fi
echo "figure longest_wait_after_kills = $longest ms (limit 5000, ratio $(awk -v v="$longest" 'BEGIN { printf "%.2f", v / 5000 }'), wants 1.00) $said"

# log events N wanted N again N refused N units-differ N
# shellcheck disable=SC2046
set -- $(grep '^log ' "$work/found")
say "events: $3 in the log, $5 acknowledged, others are deliveries; $7 after every request came again; $9 refused; ${11} units differ"
wrong=$(($9 + ${11}))
wants=$(($5 + $(deliveries) - deliveries_before))
[ "$3" -eq "$wants" ] || wrong=$((wrong + 1))
[ "$7" -eq "$wants" ] || wrong=$((wrong + 1))
for command in verify replay; do
    timeout 300 casemate "$command" --site "$CASEMATE_SITE" "$enclave" >"$work/$command" 2>&1 || wrong=$((wrong + 1))
    say "$command: $(cat "$work/$command")"
done
grep -q '0 tables differ' "$work/replay" || wrong=$((wrong + 1))
figure log_verifies_after_faults "$wrong" "wrong-of-$5-events" 0
[ "$short" -eq 0 ] || tail -n 60 "$CASEMATE_SITE/log" | sed 's/^/site: /' >&2
exit "$short"
