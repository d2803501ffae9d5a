# lib.sh: what the system tests share; read with `. lib.sh`.
#
# CASEMATE_SITE  the directory of a training site that runs
# CASEMATE_CARD  its card.json
# PATH           has the tools
# A test prints lines of TAP; `finish` ends it, with 1 if a line said "not ok".
set -u

: "${CASEMATE_SITE:?names the directory of a running training site}"
: "${CASEMATE_CARD:=$CASEMATE_SITE/card.json}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
tests=0
failed=0

# ---- saying what was found ----

ok() { tests=$((tests + 1)); echo "ok $tests - $*"; }
not_ok() { tests=$((tests + 1)); failed=$((failed + 1)); echo "not ok $tests - $*"; }

# check SENTENCE COMMAND...: the command must succeed
check() {
    sentence=$1; shift
    if "$@" >"$work/checked" 2>&1; then ok "$sentence"; else not_ok "$sentence"; sed 's/^/#   /' "$work/checked"; fi
}

# is SENTENCE GOT WANTED
is() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1"; echo "#   got    $2"; echo "#   wanted $3"; fi
}

# says SENTENCE TEXT PART: TEXT has PART in it, letter for letter
says() {
    case $2 in
    *"$3"*) ok "$1" ;;
    *) not_ok "$1"; echo "#   got    $2"; echo "#   wanted …$3…" ;;
    esac
}

# refused SENTENCE CODE PART COMMAND...: the command ends with CODE and says PART
refused() {
    sentence=$1; code=$2; part=$3; shift 3
    got=0
    said=$("$@" 2>&1) || got=$?
    if [ "$got" -ne "$code" ]; then not_ok "$sentence"; echo "#   exit $got, not $code: $said"; return; fi
    says "$sentence" "$said" "$part"
}

finish() { echo "1..$tests"; [ "$failed" -eq 0 ]; exit $?; }
give_up() { echo "Bail out! $*"; exit 1; }

# ---- the card ----

card() { jq -r "$@" "$CASEMATE_CARD"; }
enclave_of() { card --arg n "$1" '.enclaves[] | select(.name == $n).id'; }
port_of() { card --arg n "$1" '.enclaves[] | select(.name == $n).port'; }
pin_of() { card --arg b "$1" '.people[] | select(.badge == $b).pin'; }
entry=$(card .entry)

# ---- requests: the answer's body is in $work/answer, its status in $status ----

# uuid: a UUIDv7 of now
uuid() {
    ms=$(printf '%012x' "$(date +%s%3N)")
    r=$(cat /proc/sys/kernel/random/uuid)
    echo "$(echo "$ms" | cut -c 1-8)-$(echo "$ms" | cut -c 9-12)-7$(echo "$r" | cut -c 16-18)-$(echo "$r" | cut -c 20-36)"
}

# http URL TOKEN [CURL OPTIONS...]; the token goes in a file, not in an argument
http() {
    http_url=$1; http_token=$2; shift 2
    if [ -n "$http_token" ]; then echo "Authorization: Bearer $http_token" >"$work/headers"; else : >"$work/headers"; fi
    status=$(curl -s -m 20 -o "$work/answer" -w '%{http_code}' -H "@$work/headers" "$@" "$http_url")
}
get() { http "http://localhost:$(port_of "$1")$3" "$2"; }                      # PROGRAM TOKEN PATH
post() { http "http://localhost:$(port_of "$1")$3" "$2" --data-binary "$4"; }  # PROGRAM TOKEN PATH BODY
answer() { jq -r "$@" "$work/answer"; }

# sign_in BADGE: the entry's token
sign_in() {
    http "$entry/api/sign-in" "" --data-binary "{\"badge\":\"$1\",\"pin\":\"$(pin_of "$1")\"}"
    [ "$status" = 200 ] || give_up "$1 cannot sign in: $(cat "$work/answer")"
    answer .token
}

# enter BADGE PROGRAM: the program's token
enter() {
    entry_token=$(sign_in "$1") || exit 1
    http "$entry/api/enter" "$entry_token" --data-binary "{\"enclave\":\"$(enclave_of "$2")\"}"
    [ "$status" = 200 ] || give_up "$1 cannot enter $2: $(cat "$work/answer")"
    post "$2" "" /api/redeem "{\"code\":\"$(answer .code)\"}"
    [ "$status" = 200 ] || give_up "$1's code is not taken: $(cat "$work/answer")"
    answer .token
}

# post_signed PROGRAM TOKEN PATH BODY BADGE OPERATION MEANING: signed for exactly these bytes
post_signed() {
    signed=$(printf 'casemate/action/1\n%s\n%s\n%s' "$6" "$(enclave_of "$1")" "$4" | sha256sum | cut -c 1-64)
    post "$1" "$2" /api/sign "$(jq -nc --arg b "$5" --arg p "$(pin_of "$5")" --arg o "$6" \
        --arg d "$signed" --arg m "$7" '{badge: $b, pin: $p, operation: $o, digest: $d, meaning: $m}')"
    [ "$status" = 200 ] || return 0
    http "http://localhost:$(port_of "$1")$3" "$2" --data-binary "$4" \
        -H "X-Casemate-Statement: $(answer .statement)"
}

# ---- at the entry: people and records ----

entry_get() { http "$entry/api/$2" "$1"; }                     # TOKEN PATH
entry_post() { http "$entry/api/$2" "$1" --data-binary "$3"; } # TOKEN PATH BODY
# entry_signed TOKEN PATH BODY BADGE OPERATION MEANING
entry_signed() {
    signed=$(printf 'casemate/action/1\n%s\n%s\n%s' "$5" entry000 "$3" | sha256sum | cut -c 1-64)
    entry_post "$1" entry/sign "$(jq -nc --arg b "$4" --arg p "$(pin_of "$4")" --arg o "$5" \
        --arg d "$signed" --arg m "$6" '{badge: $b, pin: $p, operation: $o, digest: $d, meaning: $m}')"
    [ "$status" = 200 ] || return 0
    http "$entry/api/$2" "$1" --data-binary "$3" -H "X-Casemate-Statement: $(answer .statement)"
}
officer_one=$(card '[.people[] | select(.badge | startswith("CW-300")).badge][0]')
officer_two=$(card '[.people[] | select(.badge | startswith("CW-300")).badge][1]')
# officers: sign both in, once
officers() { [ -n "${one_token:-}" ] || { one_token=$(sign_in "$officer_one") && two_token=$(sign_in "$officer_two"); }; }
person_of() { officers; entry_get "$one_token" people; answer --arg b "$1" '.people[] | select(.badge == $b).person'; }
rfc3339() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
# record_body HOLDER ATTRIBUTE VALUE [SCOPE] [UNTIL]: with a new record id in $record
record_body() {
    record=$(uuid)
    jq -nc --arg id "$(uuid)" --arg r "$record" --arg h "$1" --arg a "$2" --arg v "$3" --arg s "${4:-}" \
        --arg u "${5:-$(rfc3339 $(($(date +%s) + 3600)))}" --arg f "$(rfc3339 $(($(date +%s) - 60)))" \
        '{id: $id, record: $r, holder: $h, attribute: $a, value: $v, scope: $s, granted_by: "Test office", granting_role: "tester", document_type: "letter", document: "Letter 7", document_date: $f, from: $f, until: $u}'
}
# grant BADGE ATTRIBUTE VALUE [SCOPE] [UNTIL]: one officer enters it, the other signs; id in $record
grant() {
    officers
    grant_body=$(record_body "$(person_of "$1")" "$2" "$3" "${4:-}" "${5:-}")
    record=$(printf '%s' "$grant_body" | jq -r .record)
    entry_post "$one_token" records "$grant_body"
    [ "$status" = 200 ] || give_up "a record of $1 is not entered: $(cat "$work/answer")"
    approve "$record"
    [ "$status" = 200 ] || give_up "a record of $1 is not approved: $(cat "$work/answer")"
}
# approve RECORD: by the second officer, signed
approve() {
    officers
    entry_signed "$two_token" records/approve "{\"id\":\"$(uuid)\",\"records\":[\"$1\"]}" "$officer_two" approve-records "I approve a record"
}
# revoke RECORD REASON
revoke() { officers; entry_post "$one_token" records/revoke "{\"id\":\"$(uuid)\",\"record\":\"$1\",\"reason\":\"$2\"}"; }
# record_id BADGE ATTRIBUTE: the id of one in force
record_id() { officers; entry_get "$one_token" "records?holder=$(person_of "$1")"; answer --arg a "$2" '[.records[] | select(.attribute == $a and .state == "active")][0].record'; }
# suspend BADGE REASON, restore BADGE REASON
suspend() { officers; entry_post "$one_token" suspend "{\"id\":\"$(uuid)\",\"holder\":\"$(person_of "$1")\",\"reason\":\"$2\"}"; }
restore() { officers; entry_signed "$two_token" restore "{\"id\":\"$(uuid)\",\"holder\":\"$(person_of "$1")\",\"reason\":\"$2\"}" "$officer_two" restore "I restore somebody"; }

# add_person BADGE PIN NAME STAMP: by the first officer, with a first PIN; the id in $person
add_person() {
    officers
    person=$(uuid)
    entry_post "$one_token" people "$(jq -nc --arg i "$(uuid)" --arg p "$person" --arg b "$1" --arg n "$2" --arg m "$3" --arg s "$4" \
        '{id: $i, person: $p, badge: $b, pin: $n, name: $m, stamp: $s}')"
}
# sign_in_with BADGE PIN: the token is in the answer; change_pin TOKEN PIN NEW
sign_in_with() { entry_post "" sign-in "{\"badge\":\"$1\",\"pin\":\"$2\"}"; }
change_pin() { entry_post "$1" pin "{\"pin\":\"$2\",\"new_pin\":\"$3\"}"; }
# choose_pin BADGE PIN NEW: at the first sign-in
choose_pin() {
    sign_in_with "$1" "$2"
    [ "$status" = 200 ] || give_up "$1 cannot sign in for the first time: $(cat "$work/answer")"
    change_pin "$(answer .token)" "$2" "$3"
    [ "$status" = 200 ] || give_up "$1 cannot choose a PIN: $(cat "$work/answer")"
}

# flip FILE OFFSET: change one bit of one byte
flip() {
    flip_byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\$(printf '%03o' $((flip_byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
