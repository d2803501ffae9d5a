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

# flip FILE OFFSET: change one bit of one byte
flip() {
    flip_byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\$(printf '%03o' $((flip_byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
