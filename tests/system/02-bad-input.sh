#!/bin/sh
# Goal: whatever comes in by the network is taken as it is meant or refused in words that say what
# is wrong, and a refusal records nothing.  A request that comes twice is done once.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program='HARROW VANE'
who=CW-1007
port=$(port_of "$program")
token=$(enter $who "$program")
officer=$(enter CW-3001 "$program")

get "$program" "$token" /api/tasks
unit=$(answer '[.tasks[] | select(.sequence == 10 and .state == "ready")][0].unit // ""')
[ -n "$unit" ] || give_up "no unit is ready at operation 10"
path=/api/operations/start

events() { get "$program" "$officer" /api/security; answer .events; }
before=$(events)

body() { jq -nc --arg id "$(uuid)" --arg u "$unit" "{id: \$id, unit: \$u, sequence: 10} | $1"; }

# bad SENTENCE STATUS WORDS BODY
bad() {
    post "$program" "$token" $path "$4"
    is "$1: $2" "$status" "$2"
    says "  and says: $3" "$(answer .error 2>/dev/null)" "$3"
}

# ---- forms ----

bad "a body that breaks off" 400 "The body is not JSON: it breaks at byte" '{"id":"x'
bad "no body" 400 "The body is not JSON" ''
bad "another document than an object" 400 "one JSON object" '[1,2]'
bad "bytes that are no text" 400 "The body is not JSON" "$(printf '{"id":"\377"}')"
bad "two documents" 400 "The body is not JSON" '{}{}'
bad "a missing field" 400 "unit is missing" "$(body 'del(.unit)')"
bad "an unknown field" 400 "is not a field of this operation" "$(body '.colour = "red"')"
bad "a field that stands there twice" 400 "stands there twice" "$(body . | sed 's/"sequence":10/"sequence":10,"sequence":10/')"
bad "a number as text" 400 "sequence must be a whole number" "$(body '.sequence = "10"')"
bad "a broken number" 400 "sequence must be a whole number" "$(body '.sequence = 10.5')"
bad "text as a number" 400 "unit must be text in quotes" "$(body '.unit = 7')"
bad "a number below its range" 400 "from 1 to 9999" "$(body '.sequence = 0')"
bad "a number above its range" 400 "from 1 to 9999" "$(body '.sequence = 10000')"
bad "a number above every range" 400 "from 1 to 9999" "$(body . | sed 's/:10}/:99999999999999999999}/')"
bad "an id that is no UUIDv7" 400 "id is not a UUID" "$(body '.id = "01980000-0000-4000-8000-000000000000"')"
bad "a unit that is no UUID" 400 "unit is not a UUID" "$(body '.unit = "HV-1"')"
bad "a time in words" 400 "performed_at must be a time like" "$(body '.performed_at = "yesterday"')"
bad "a day that does not exist" 400 "performed_at must be a time like" "$(body '.performed_at = "2026-02-30T10:00:00Z"')"
bad "a time to come" 400 "lies in the future" "$(body '.performed_at = "2090-01-01T00:00:00Z"')"
bad "a time long ago" 400 "more than 60 days back" "$(body '.performed_at = "2020-01-01T00:00:00Z"')"
bad "an id from the future" 400 "ahead of the box's clock" "$(body '.id = "02ffffff-0000-7000-8000-000000000000"')"

path=/api/operations/readings
readings() { body ".readings = $1"; }
bad "a reading that is no decimal number" 400 "must be a decimal number" "$(readings '[{characteristic: "B12", value: "24,012", gage: "BG-11"}]')"
bad "a reading without its gage" 400 "exactly characteristic, value and gage" "$(readings '[{characteristic: "B12", value: "24.004"}]')"
bad "a reading in a floating number" 400 "exactly characteristic, value and gage" "$(readings '[{characteristic: "B12", value: 24.004, gage: "BG-11"}]')"
bad "no reading" 400 "a list of 1 to 16 readings" "$(readings '[]')"
bad "seventeen readings" 400 "a list of 1 to 16 readings" "$(readings '[range(17) | {characteristic: "B12", value: "1", gage: "BG-11"}]')"
path=/api/operations/scan
bad "a control character in text" 400 "without control characters" "$(body '.code = "A\u0000B"')"
bad "text that is too long" 400 "1 to 64 bytes" "$(body '.code = ("A" * 65)')"
path=/api/operations/start

head -c 70000 /dev/zero | tr '\0' ' ' >"$work/large"
http "http://localhost:$port$path" "$token" --data-binary "@$work/large"
is "a body of 70000 bytes: 413" "$status" 413
says "  and says: larger than" "$(answer .error)" "larger than 60000 bytes"

# ---- ways ----

get "$program" "$token" '/api/job?unit=1'
is "a query with a wrong value: 400" "$status" 400
get "$program" "$token" "/api/job?unit=$unit&sequence=10&more=1"
is "a query with an unknown part: 400" "$status" 400
get "$program" "$token" /api/nothing
is "a path that is not there: 404" "$status" 404
get "$program" "$token" $path
is "a path with another method: 404" "$status" 404
get "$program" "" /api/tasks
is "no token: 401" "$status" 401
get "$program" "$(echo "$token" | tr a-zA-Z b-zaB-ZA)" /api/tasks
is "a changed token: 401" "$status" 401
get "SABLE ORCHARD" "$token" /api/tasks
is "the token of another program: 401" "$status" 401
get "$program" "$(sign_in CW-1003)" /api/tasks
is "the token of the entry: 401" "$status" 401
# curl sends one Host whatever it is told: these bytes go as they are
raw() { printf "GET /api/tasks HTTP/1.1\r\nAuthorization: Bearer $token\r\n$1Connection: close\r\n\r\n" | curl -s -m 5 "telnet://localhost:$port" | head -n 1 | cut -c 10-12; }
host="Host: localhost:$port\r\n"
is "bytes that are sent as they are: 200" "$(raw "$host")" 200
is "two Host headers are refused, even equal ones" "$(raw "${host}hoSt: localhost:$port\r\n")" 403
is "two Origins" "$(raw "${host}Origin: http://localhost:$port\r\nOrigin: http://localhost:$port\r\n")" 403
is "two tokens" "$(raw "${host}authorization: Bearer $token\r\n")" 403
http "http://localhost:$port/api/tasks" "$token" -H 'Host: casemate.example'
is "another host's name: 403" "$status" 403
http "http://localhost:$port/api/tasks" "$token" -H 'Origin: http://localhost:1'
is "another page's origin: 403" "$status" 403

is "nothing of this was recorded" "$(events)" "$before"

# ---- the same request again ----

good=$(body .)
post "$program" "$token" $path "$good"
is "the request as it is meant: 200" "$status" 200
first=$(answer -c .)
after=$(events)
check "it is recorded" [ "$after" -gt "$before" ]
post "$program" "$token" $path "$good"
is "the same bytes again: 200" "$status" 200
is "with the same answer" "$(answer -c .)" "$first"
is "and nothing more is recorded" "$(events)" "$after"
other=$(echo "$good" | jq -c '.sequence = 20')
post "$program" "$token" $path "$other"
is "the same id with another body: 409" "$status" 409
says "  and says: This id was used before" "$(answer .error)" "This id was used before, for something else."
post "$program" "$token" $path "$(body .)"
is "what is started cannot be started again: 409" "$status" 409
says "  and says: You have started" "$(answer .error)" "You have started this operation already."
is "and nothing of this was recorded" "$(events)" "$after"
finish
