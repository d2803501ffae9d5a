#!/bin/sh
# Goal: who is not read in to a program cannot see that it exists.  Every operation of the table,
# one well-formed body each, is asked with no token, a forged one, and one of the other program:
# the same bytes each time, at both programs.  Inside a program, for every role, what is forbidden
# and what is absent are one answer.
. "$(dirname "$0")/lib.sh"

absent=01900000-0000-7000-8000-000000000000

# value KIND LEAST: a value that the field would take
value() {
    case $1 in
    ID) printf '"%s"' "$(uuid)" ;;
    REF) printf '"%s"' "$absent" ;;
    TEXT | CODE) printf '"%s"' "$(printf 'AAAAAAAAAAAAAAAAAAAAAAAA' | cut -c "1-$(($2 > 3 ? $2 : 4))")" ;;
    NUMBER) printf '%s' "$2" ;;
    DECIMAL) printf '"1.5"' ;;
    TIME) printf '"2026-01-01T00:00:00Z"' ;;
    FLAG) printf 'true' ;;
    BASE64) printf '"QUJD"' ;;
    HEX) printf '"%s"' "$(printf "%0$((2 * $2))d" 0)" ;;
    REFS) printf '["%s"]' "$absent" ;;
    READINGS) printf '[{"characteristic":"B1","value":"1","gage":""}]' ;;
    esac
}

# The rows of the table: name, method, path, server, strength, fields.
cpp -P -undef -nostdinc -I . -x c tests/system/operations.in | tr '\n' ' ' | sed 's/ROW /\n/g' | sed '/^ *$/d' |
    tr -d '"' >"$work/rows"
[ "$(wc -l <"$work/rows")" -gt 25 ] || give_up "the table of operations could not be expanded"

# ask PROGRAM TOKEN METHOD PATH FIELDS...
ask() {
    ask_program=$1 ask_token=$2 ask_method=$3 ask_path=$4; shift 4
    body="" query=""
    for field in "$@"; do
        name=${field%%:*}; rest=${field#*:}; kind=${rest%%:*}; least=${rest#*:}
        v=$(value "$kind" "$least")
        body="$body${body:+,}\"$name\":$v"
        query="$query${query:+&}$name=$(printf '%s' "$v" | tr -d '"')"
    done
    if [ "$ask_method" = GET ]; then
        get "$ask_program" "$ask_token" "$ask_path${query:+?$query}"
    else
        post "$ask_program" "$ask_token" "$ask_path" "{$body}"
    fi
}

harrow=$(enter CW-1001 "HARROW VANE") || exit 1
sable=$(enter CW-2004 "SABLE ORCHARD") || exit 1
forged=$(printf '%s' "$harrow" | sed 's/.....$/AAAAA/')

different=0 asked=0 first=""
while read -r name method path server strength fields; do
    [ "$server" = WORKER ] || continue
    for program in "HARROW VANE" "SABLE ORCHARD"; do
        other=$harrow; [ "$program" = "HARROW VANE" ] && other=$sable
        for token in "" "$forged" "$other" nonsense; do
            # shellcheck disable=SC2086
            ask "$program" "$token" "$method" "$path" $fields
            got="$status $(cat "$work/answer")"
            first=${first:-$got}
            asked=$((asked + 1))
            [ "$got" = "$first" ] || { different=$((different + 1)); echo "#   $name at $program: $got"; }
        done
    done
done <"$work/rows"
is "$asked requests without a good token of the program get the same bytes" "$different" 0
says "and the words name nothing" "$first" "Badge in again."

# Inside: a role that may not, and an object that is not there.  200 or 409 would say that something is.
for who in CW-1001 CW-1012 CW-1014 CW-1015 CW-3001; do
    token=$(enter "$who" "HARROW VANE") || exit 1
    shown="" wrong=0 denied=0
    while read -r name method path server strength fields; do
        [ "$server" = WORKER ] || continue
        case " $fields " in *":REF"*) ;; *) continue ;; esac
        # what defines a new document or operation does not point at an old one
        case $name in define_* | propose_policy | enter_rationale) continue ;; esac
        # shellcheck disable=SC2086
        ask "HARROW VANE" "$token" "$method" "$path" $fields
        got="$status $(cat "$work/answer")"
        shown=${shown:-$got}
        denied=$((denied + 1))
        [ "$got" = "$shown" ] || { wrong=$((wrong + 1)); echo "#   $name: $got"; }
    done <"$work/rows"
    is "$who: what is absent and what is forbidden are one answer ($denied operations)" "$wrong" 0
done

http "$entry/api/enter" "$(sign_in CW-1001)" --data-binary "{\"enclave\":\"$(enclave_of "SABLE ORCHARD")\"}"
real="$status $(cat "$work/answer")"
http "$entry/api/enter" "$(sign_in CW-1001)" --data-binary '{"enclave":"eabsent1"}'
is "entering a program that one is not read in to, and one that is not there" "$real" "$status $(cat "$work/answer")"
http "$entry/api/sign-in" "" --data-binary "{\"badge\":\"CW-1001\",\"pin\":\"$(pin_of CW-1001)\"}"
is "the list at sign-in holds one program" "$(answer '.enclaves | length')" 1
if grep -qE "HARROW|SABLE" "$CASEMATE_SITE/log" "$CASEMATE_SITE/auditor/journal.log"; then
    not_ok "no log names a program"
else
    ok "no log names a program"
fi
finish
