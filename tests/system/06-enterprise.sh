#!/bin/sh
# Goal: what was released is checked by the enterprise with stock tools, exactly as
# docs/receiving.md says, and one changed byte anywhere is refused.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program=$(card .release.program)
enclave=$(enclave_of "$program")
outbox=$CASEMATE_SITE/$enclave/outbox
top=$(cd "$(dirname "$0")/../.." && pwd)

# ---- a release, unless there is one ----

meaning='I have read every byte and approve this release'
slot=$(date -u -d '-7 days' +%G-W%V)
newest() { get "$program" "$1" /api/releases; answer --arg s "$slot" --arg f "$2" '[.releases[] | select(.slot == $s)][0][$f] // ""'; }

wait_state() { # TOKEN STATE
    for _ in $(seq 50); do
        state=$(newest "$1" state)
        [ "$state" = "$2" ] && return 0
        [ "$state" = refused ] && break
        sleep 0.2
    done
    give_up "the release is $state, not $2: $(newest "$1" reason)"
}

release_week() {
    requester=$(card .release.requester)
    token=$(enter "$requester" "$program")
    if [ "$(newest "$token" state)" = "" ]; then
        post "$program" "$token" /api/releases "$(jq -nc --arg id "$(uuid)" --arg s "$slot" '{id: $id, slot: $s}')"
        is "the planner requests the release of $slot" "$status" 200
    fi
    wait_state "$token" awaiting
    release=$(newest "$token" release)
    manifest=$(newest "$token" manifest)
    for approver in $(card '.release.approvers[]'); do
        approver_token=$(enter "$approver" "$program")
        post_signed "$program" "$approver_token" /api/releases/approve \
            "$(jq -nc --arg id "$(uuid)" --arg r "$release" --arg m "$manifest" '{id: $id, manifest: $m, release: $r}')" \
            "$approver" approve-release "$meaning"
        is "$approver approves it" "$status" 200
    done
    wait_state "$token" released
}
ls "$outbox"/h2l-*.tar >/dev/null 2>&1 || release_week
tar=$(find "$outbox" -name 'h2l-*.tar' 2>/dev/null | sort | head -n 1)
[ -n "$tar" ] || give_up "there is no bundle in $outbox"
NAME=$(basename "$tar" .tar)
export NAME

# ---- once: three key files from root.json ----

keys=$work/keys
mkdir "$keys"
for role in outer guard-a guard-b; do
    printf 'untrusted comment: casemate %s\n%s\n' "$role" "$(jq -r --arg r "$role" '.keys[$r]' "$CASEMATE_SITE/root.json")" >"$keys/$role.pub"
done

# The commands of the page itself, as they stand there.
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$top/docs/receiving.md" >"$work/receive.sh"
check "the page has its commands" grep -q 'minisign -VH' "$work/receive.sh"

place() { # fresh DIRECTORY
    rm -rf "$1"; mkdir "$1"
    cp "$keys/"*.pub "$1/"
    cp "$tar" "$tar.minisig" "$1/"
}
receive() { ( cd "$1" && sh "$work/receive.sh" ) >"$1/said" 2>&1; }

place "$work/good"
check "the bundle is accepted, command by command" receive "$work/good"
place=${NAME#h2l-}
seq=${place##*-}; place=${place%-*}
epoch=${place##*-}; channel=${place%-*}
size=$(stat -c %s "$work/good/$NAME.tar")
for line in "kind=outer dir=h2l chan=$channel epoch=$epoch seq=$seq size=$size" "kind=release guard=a dir=h2l chan=$channel" "kind=release guard=b dir=h2l chan=$channel"; do
    check "minisign prints: mes-xfer/1 $line" grep -qF "mes-xfer/1 $line" "$work/good/said"
done
check "the records are there to be read" [ -s "$work/good/$NAME/rec-summary-001.ndjson" ]
check "our own tool says the same" casemate-bundle verify --root "$CASEMATE_SITE/root.json" "$work/good/$NAME.tar"

# ---- one byte ----

spoiled() { # SENTENCE FILE OFFSET
    place "$work/bad"
    flip "$work/bad/$2" "$3"
    if receive "$work/bad"; then not_ok "$1"; else ok "$1"; fi
}
for at in 0 124 512 700 $((size / 2)) $((size - 1)); do
    spoiled "byte $at of the bundle changed: refused" "$NAME.tar" "$at"
    check "  by minisign, in its words" grep -qF 'Signature verification failed' "$work/bad/said"
done
start=$(($(head -n 1 "$tar.minisig" | wc -c) + 20))
spoiled "a byte of the signature changed: refused" "$NAME.tar.minisig" "$start"
comment=$(($(head -n 2 "$tar.minisig" | wc -c) + 30))
spoiled "a byte of the trusted comment changed: refused" "$NAME.tar.minisig" "$comment"

place "$work/bad"
cp "$keys/guard-a.pub" "$work/bad/outer.pub"
if receive "$work/bad"; then not_ok "another role's key does not verify it"; else ok "another role's key does not verify it"; fi
finish
