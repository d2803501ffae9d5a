# officer.sh: what an officer relies on, measured; read after site.sh, with a plan made.
# Prints its figures; the code is 1 if one is short.
officer_figures() { # WHICH...: revoke, exist
    officers
    person=CW-2001
    victim=$(enter "$person" "$program")
    drawing=$(uuid) engineer=$(enter CW-2005 "$program")
    for n in 1 2 3 4 5 6 7; do
        define document/part "{document: \"$drawing\", part: $n, content: \"$(head -c 30000 /dev/zero | tr '\0' "$n" | base64 -w 0)\"}"
    done
    define document "{document: \"$drawing\", parts: 8, number: \"BENCH-$stamp\", revision: \"A\", title: \"A drawing\", technical: true, content: \"$(base64 -w 0 "$here/appliance/training/4410-0100.svg")\"}"
    {
        echo "entry ${entry##*:}"; echo "door $(port_of "$program")"
        echo "one $one_token"; echo "two $two_token"; echo "badge $officer_two"; echo "pin $(pin_of "$officer_two")"
        echo "victim $victim"
        sed -n 's/^unit /unit /p' "$plan"
        echo "path /api/job?unit=$(sed -n 's/^unit //p' "$plan" | head -n 1)&sequence=1"
        echo "drawing /api/document?document=$drawing"
    } >"$work/facts"
    officer_code=0
    for which in "$@"; do
        if [ "$which" = revoke ]; then
            entry_get "$one_token" "records?holder=$(person_of "$person")"
            answer --arg e "$enclave" '[.records[] | select(.attribute == "role" and .scope == $e and .state == "active")][0] | "holder \(.holder)\nrecord \(.record)\nattribute \(.attribute)\nvalue \(.value)\nscope \(.scope)"' >>"$work/facts"
        else
            # units of a part that this person need not know
            marker=$(enter "$officer_one" "$program")
            post "$program" "$marker" /api/define/marking "$(jq -nc --arg id "$(uuid)" --arg o "BENCH-$stamp" \
                '{id: $id, object: $o, level: 1, itar: true, ear: false, category: "VIII(h)", group: "lot-9", source: "measured"}')"
            need 200 "a part is not marked"
        fi
        timeout 300 "$(realpath "${OFFICER:-$here/build/bench/officer}")" "$which" "$work/facts" || officer_code=1
    done
    return "$officer_code"
}
