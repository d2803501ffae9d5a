# site.sh: what the figures and the fault campaign share; read with `. site.sh`.
#
# It takes the training site of $CASEMATE_SITE, or makes and starts one of its own, which is
# stopped and removed in the end.  Then `plan_make UNITS OPERATIONS` defines a route, brings an
# order in as the enterprise would, releases it, and writes the file $plan that the programs read.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
program='SABLE ORCHARD'
operators='CW-2001 CW-2002 CW-1006'

say() { echo "$*" >&2; }

own=
if [ -z "${CASEMATE_SITE:-}" ]; then
    own=$(mktemp -d "${CASEMATE_SITES:-/var/lib/casemate}/figures.XXXXXX")
    chmod 0711 "$own"
    mkdir -m 0755 "$own/bin"
    install -m 0755 "$here"/build/bin/* "$own/bin/"
    PATH=$own/bin:$PATH
    export PATH
    CASEMATE_SITE=$own/site
    casemate training create "$CASEMATE_SITE" --port "${PORT:-7810}" >/dev/null || exit 1
    timeout 60 casemate training start "$CASEMATE_SITE" >"$own/start" 2>&1 || { cat "$own/start" >&2; exit 1; }
fi
export CASEMATE_SITE
# shellcheck source=../system/lib.sh
. "$here/tests/system/lib.sh"
# `give_up` says why on the standard error: the standard output is for figures
give_up() { say "$*"; exit 1; }

clean_up() {
    rm -rf "$work"
    [ -n "$own" ] || return 0
    casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1
    [ -z "${KEEP:-}" ] && rm -rf "$own"
}
trap clean_up EXIT

enclave=$(enclave_of "$program")
stamp=$(date +%s)
plan=$work/plan

# need 200 SENTENCE: the last answer's status
need() { [ "$status" = "$1" ] || give_up "$2: $status $(cat "$work/answer")"; }
process_id() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg p "$1" --arg e "$2" '.processes[] | select(.program == $p and .enclave == $e and .state == "ready").pid'; }

define() { # define KIND JQ-OBJECT
    post "$program" "$engineer" "/api/define/$1" "$(jq -nc --arg id "$(uuid)" "{id: \$id} + $2")"
    need 200 "a $1 cannot be defined"
}

define_route() { # define_route OPERATIONS: in a chain, with three characteristics each
    engineer=$(enter CW-2005 "$program")
    define route "{route: \"BENCH-$stamp\", revision: \"A\", part: \"BENCH-$stamp\", part_revision: \"A\"}"
    n=1
    while [ "$n" -le "$1" ]; do
        define segment "{route: \"BENCH-$stamp\", sequence: $n, name: \"Measure\", equipment: \"BENCH\", after: \"$([ "$n" = 1 ] || echo $((n - 1)))\", run_minutes: 1, scan: false, buyoff: false}"
        for c in C1 C2 C3; do
            define characteristic "{route: \"BENCH-$stamp\", sequence: $n, balloon: \"$c\", name: \"Diameter\", unit: \"mm\", lower: \"0.500\", upper: \"1.500\", key: false}"
        done
        n=$((n + 1))
    done
}

order_in() { # order_in UNITS: as a signed bundle that two people accept
    printf 'number,key,part,rev,qty,due,priority\nWO-%s,ORD-%s,BENCH-%s,A,%s,2030-06-28,%s\n' "$stamp" "$stamp" "$stamp" "$1" "$priority" >"$work/orders.csv"
    made=$(casemate-bundle make-orders --json --dir "$CASEMATE_SITE/enterprise" --enclave "$enclave" "$work/orders.csv") ||
        give_up "casemate-bundle made no bundle"
    tar=$CASEMATE_SITE/enterprise/out/$(echo "$made" | jq -r .name).tar
    digest=$(tar -xOf "$tar" manifest.json | b2sum -l 256 | cut -c 1-64)
    casemate import --site "$CASEMATE_SITE" "$tar" >"$work/imported" 2>&1 || give_up "$(cat "$work/imported")"
    planner=$(enter CW-2004 "$program")
    inbound=
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        get "$program" "$planner" /api/inbound
        inbound=$(answer --arg d "$digest" '[.inbound[] | select(.digest == $d)] | last | .inbound // ""')
        [ -z "$inbound" ] || break
        sleep 0.2
    done
    for badge in CW-2004 CW-2006; do
        token=$(enter "$badge" "$program")
        post_signed "$program" "$token" /api/inbound/accept \
            "$(jq -nc --arg id "$(uuid)" --arg i "$inbound" --arg d "$digest" '{id: $id, inbound: $i, digest: $d}')" \
            "$badge" accept-inbound 'I have read this delivery and accept it'
        need 200 "$badge cannot accept"
    done
    get "$program" "$planner" /api/orders
    order=$(answer --arg n "WO-$stamp" '.orders[] | select(.number == $n).order')
    post "$program" "$planner" /api/orders/release "$(jq -nc --arg id "$(uuid)" --arg o "$order" '{id: $id, order: $o}')"
    need 200 "the order cannot be released"
}

# the list shows the first 200 of what the program has: the newest plan's units come before the others
priority=${PRIORITY:-60}
plan_make() {
    priority=$((priority - 1))
    define_route "$2"
    order_in "$1"
    {
        echo "port $(port_of "$program")"
        echo "operations $2"
        echo "order WO-$stamp"
        echo "expected $1"
        echo "worker $(process_id worker "$enclave")"
        for badge in $operators; do echo "token $(enter "$badge" "$program")"; done
        echo "officer $(enter CW-3001 "$program")"
    } >"$plan"
    get "$program" "$(sed -n 's/^token //p' "$plan" | head -n 1)" /api/tasks
    answer --arg n "WO-$stamp" '.tasks[] | select(.order_number == $n) | "unit \(.unit)"' >>"$plan"
    units=$(grep -c '^unit ' "$plan")
    # it shows the first 200 of what the program has
    [ "$units" = "$1" ] || [ "$units" -ge 180 ] || give_up "the task list shows $units of $1 units"
}
