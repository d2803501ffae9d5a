#!/bin/sh
# Goal: a document of several parts: each is sent and kept in order, shown by itself, and decided by
# itself: what is taken away while it is read ends at its next part.
. "$(dirname "$0")/lib.sh"

program="SABLE ORCHARD" reader=CW-2001
officers
engineer=$(enter CW-2005 "$program") || exit 1
session=$(enter "$reader" "$program") || exit 1
document=$(uuid)
head -c 90000 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | head -c 100000 >"$work/whole"
split -b 30000 -a 1 --numeric-suffixes=1 "$work/whole" "$work/piece" # 30, 30, 30, 10 thousand bytes
b64() { base64 -w 0 <"$1"; }
# add PART [ID]: part PART of the document; define PARTS: its last part, and what it is
add() {
    part=$(jq -nc --arg i "${2:-$(uuid)}" --arg d "$document" --argjson p "$1" --rawfile c "$work/b64.$1" '{id: $i, document: $d, part: $p, content: $c}')
    post "$program" "$engineer" /api/define/document/part "$part"
}
define() {
    body=$(jq -nc --arg i "$(uuid)" --arg d "$document" --argjson p "$1" --rawfile c "$work/b64.4" '{id: $i, document: $d, number: "PARTS", revision: "A", title: "In four parts", technical: false, content: $c, parts: $p} | if $p == 0 then del(.parts) else . end')
    post "$program" "$engineer" /api/define/document "$body"
}
for n in 1 2 3 4; do b64 "$work/piece$n" >"$work/b64.$n"; done
part() { get "$program" "$1" "/api/document?document=$document${2:+&part=$2}"; }

add 2
is "the second part before the first is refused" "$status" 409
says "which says what is next" "$(answer .error)" "Part 1 of this document is the next, not part 2"
first=$(uuid)
add 1 "$first"
is "the first part is kept" "$status" 200
add 1 "$first"
is "sent again, it is the same request" "$status" 200
add 1
is "another first part is refused" "$status" 409
part "$session" 1
is "nothing is shown before it is defined" "$status" 404
add 2 && add 3
is "and the others follow" "$status" 200
define 0
is "a definition that knows of no parts is refused" "$status" 409
define 3
is "nor is a part left out" "$status" 409
says "which says what is next" "$(answer .error)" "Part 4 of this document is the next, not part 3"
define 4
is "the last part makes it a document" "$status" 200
add 4
is "to which nothing is added" "$status" 409

shown() { : >"$work/shown"; for n in 1 2 3 4; do part "$session" "$n" && cat "$work/answer" >>"$work/shown"; done; cmp -s "$work/whole" "$work/shown"; }
check "part by part it is what was sent" shown
part "$session" ""
check "without a part it is the first" cmp -s "$work/answer" "$work/piece1"
part "$session" 5
is "there is no fifth" "$status" 404
says "which says how many there are" "$(answer .error)" "This document has 4 parts"
part "$session" 0
is "nor part 0" "$status" 400

worker() { casemate status --site "$CASEMATE_SITE" --json | jq -r --arg e "$(enclave_of "$program")" '.processes[] | select(.program == "worker" and .enclave == $e and .state == "ready").pid'; }
killed=$(worker)
check "its worker is killed" kill -9 "$killed"
back() { for _ in $(seq 100); do part "$session" 1; [ "$status" = 200 ] && return 0; sleep 0.1; done; return 1; }
check "the worker dies and comes back" back
check "and the document is what it was" shown

part "$session" 1
is "somebody reads the first part" "$status" 200
part "$session" 2
is "and the second" "$status" 200
suspend "$reader" "while he reads"
is "he is suspended meanwhile" "$status" 200
denied() { for _ in $(seq 50); do part "$session" 3; [ "$status" = 401 ] && return 0; sleep 0.1; done; return 1; }
check "negative 28: the next part is denied" denied
part "$session" 4
is "and the last" "$status" 401
restore "$reader" "it was a test"
is "he is restored" "$status" 200
finish
