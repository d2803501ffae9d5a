#!/bin/sh
# Goal: the mandatory rules of the whole site are changed by two officers at the entry; from that
# moment identity and every enclave decide by them; past days are explained with the rules of then;
# whatever is not in order leaves what is in force as it is, in every place.
. "$(dirname "$0")/lib.sh"

officers
for b in "$officer_one" "$officer_two"; do (umask 077; pin_of "$b" >"$work/$b.pin"); done
policy() {
    policy_badge=$1 policy_sub=$2; shift 2
    casemate policy "$policy_sub" --site "$CASEMATE_SITE" --badge "$policy_badge" --pin-file "$work/$policy_badge.pin" "$@"
}
one() { policy "$officer_one" "$@"; }
two() { policy "$officer_two" "$@"; }
everywhere() { one list --everywhere --json | jq -r '[.sets[] | select(.state == "installed")][0] | "\(.version) \(.hash)"'; }
there() { one list --enclave "$1" --json | jq -r '[.sets[] | select(.layer == "site" and .state == "installed")][0] | "\(.version) \(.hash)"'; }
# wait_there ENCLAVE WANTED
wait_there() {
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ "$(there "$1")" = "$2" ] && return 0; sleep 0.1; done
    return 1
}

before=$(everywhere)
is "the enclave has the rules of the site" "$(there "HARROW VANE")" "$before"
one show --everywhere >"$work/now.cedar"
# nobody of this name does anything
{ cat "$work/now.cedar"; cat <<END

@id("M90-test")
@why("Kept out for a test.")
forbid (principal, action == Casemate::Action::"view-job", resource);
END
} >"$work/next.cedar"
jq -c '{context, entities: [.entities[] | select(.uid.id as $i | ["ana", "SN-1", "cell-1", "falcon", "program", "view-tasks", "read"] | index($i))],
    tests: [.tests[] | select(.name == "an operator sees tasks")]}' policy/site/site.tests.json >"$work/tests.json"
propose() { one propose --everywhere --policy "$1" --tests "$2" --reason "$3"; }
make() { one propose --everywhere --policy "$1" --tests "$work/tests.json" --reason "$2" --json | jq -r .proposal; }
hash_of() { one list --everywhere --json | jq -r --arg p "$1" '.sets[] | select(.proposal == $p).hash'; }

# ---- what is not in order ----
refused "a set that does not read is named" 1 "line 1 column" propose "$work/tests.json" "$work/tests.json" "no policy"
sed 's/"view-job"/"view-jobz"/' "$work/next.cedar" >"$work/invalid.cedar"
refused "nor one that the schema refuses" 1 "line" propose "$work/invalid.cedar" "$work/tests.json" "invalid"
jq -c '.tests[0].want = "deny" | del(.tests[0].reason)' "$work/tests.json" >"$work/fails.json"
refused "nor one with a failing test" 1 "tests fail" propose "$work/next.cedar" "$work/fails.json" "fails"
jq -c '.tests = []' "$work/tests.json" >"$work/none.json"
refused "nor one without a test" 1 "test" propose "$work/next.cedar" "$work/none.json" "none"
entry_operator=$(sign_in CW-1003)
entry_get "$entry_operator" site-policy; is "who is no officer reads nothing" "$status" 404
older=$(make "$work/next.cedar" "an older one")
next=$(make "$work/next.cedar" "kept out for a test")
hash=$(hash_of "$next")
refused "a hash that is not the proposal's" 1 "The hash is not" two install "$next" --everywhere --hash "$(printf '%064d' 0)"
refused "who proposed it cannot install it" 1 "There is nothing here" one install "$next" --everywhere --hash "$hash"
install_body="{\"id\":\"$(uuid)\",\"proposal\":\"$next\",\"hash\":\"$hash\"}"
entry_post "$two_token" site-policy/install "$install_body"; is "what is not signed is not installed" "$status" 403
{ cat "$work/now.cedar"; printf '\n@id("M91-all")\n@why("Everything.")\nforbid (principal, action, resource is Casemate::Authorization);\n'; } >"$work/lock.cedar"
lock=$(make "$work/lock.cedar" "locks everybody out")
refused "rules that would lock the site" 1 "the site would be locked" two install "$lock" --everywhere --hash "$(hash_of "$lock")"
check "are declined" two decline "$lock" --everywhere --reason "it would lock the site"
is "what is in force stays in force" "$(everywhere)" "$before"
is "in an enclave, too" "$(there "HARROW VANE")" "$before"
hw=$(one propose --enclave "HARROW VANE" --layer site --policy "$work/next.cedar" --tests "$work/tests.json" --reason "what would it change" --json | jq -r .proposal)
said=$(two diff "$hw" --enclave "HARROW VANE")
says "an enclave shows what they would change" "$said" "Newly denied"
refused "and installs none by itself" 1 "installed at the entry" two install "$hw" --enclave "HARROW VANE" \
    --hash "$(one list --enclave "HARROW VANE" --json | jq -r --arg p "$hw" '.sets[] | select(.proposal == $p).hash')" --impact "$(printf '%s\n' "$said" | sed -n 's/^impact //p')"
one decline "$hw" --enclave "HARROW VANE" --reason "it was a question" >/dev/null

# ---- installed ----
moment=$(date -u +%Y-%m-%dT%H:%M:%SZ)
why() { one why --enclave "HARROW VANE" --who "Ana Duarte" --what view-job "$@"; }
why >/dev/null; is "before, the job is shown" $? 0
sleep 1.1 # the moment lies before the installation, in whole seconds
check "the second officer installs it" two install "$next" --everywhere --hash "$hash"
now=$(everywhere)
says "it is in force" "$now" "$hash"
check "in the one enclave" wait_there "HARROW VANE" "$now"
said=$(why); is "there the new rule holds" $? 4
says "by its name" "$said" "M90-test"
check "and in the other" wait_there "SABLE ORCHARD" "$now"
why --at "$moment" >/dev/null; is "the moment before is explained with the rules of then" $? 0
refused "an older version is not installed any more" 1 "versions only go up" two install "$older" --everywhere --hash "$(hash_of "$older")"
one decline "$older" --everywhere --reason "a newer one is in force" >/dev/null

# ---- a restart changes none of it ----
casemate training stop "$CASEMATE_SITE" >/dev/null 2>&1; casemate training start "$CASEMATE_SITE" >/dev/null 2>&1
is "after a restart they are in force" "$(everywhere)" "$now"
is "in the enclave, too" "$(there "HARROW VANE")" "$now"
why >/dev/null; is "and decide" $? 4

# ---- an enclave whose own layer does not go with them ----
one show --enclave "HARROW VANE" >"$work/program.cedar"
{ cat "$work/program.cedar"; printf '\n@id("T92-both")\n@why("A test.")\npermit (principal in Casemate::Role::"lead", action == Casemate::Action::"close-order", resource);\n'; } >"$work/program-next.cedar"
# install_there FILE REASON: as the layer of HARROW VANE
install_there() {
    set_id=$(one propose --enclave "HARROW VANE" --layer program --policy "$1" --tests "$work/tests.json" --reason "$2" --json | jq -r .proposal)
    set_impact=$(two diff "$set_id" --enclave "HARROW VANE" --json | jq -r .digest)
    two install "$set_id" --enclave "HARROW VANE" --impact "$set_impact" \
        --hash "$(one list --enclave "HARROW VANE" --json | jq -r --arg p "$set_id" '.sets[] | select(.proposal == $p).hash')"
}
check "a program has a rule of its own" install_there "$work/program-next.cedar" "a rule of its own"
sed 's/M90-test/T92-both/' "$work/next.cedar" >"$work/both.cedar"
both=$(make "$work/both.cedar" "a name that a program has, too")
was=$(there "HARROW VANE")
check "the site's rules have one of the same name" two install "$both" --everywhere --hash "$(hash_of "$both")"
now=$(everywhere)
check "the other enclave follows" wait_there "SABLE ORCHARD" "$now"
is "this one keeps the old rules" "$(there "HARROW VANE")" "$was"
officer=$(enter "$officer_one" "HARROW VANE") || exit 1
get "HARROW VANE" "$officer" /api/security
says "its Security page says so" "$(answer .state)" "newest mandatory rules are not in force"
says "with the reason" "$(answer .state)" "T92-both"
check "when its own layer is put right" install_there "$work/program.cedar" "as it was"
check "it follows, too" wait_there "HARROW VANE" "$now"
get "HARROW VANE" "$officer" /api/security; is "and the page says nothing more of it" "$(answer .state)" "unlocked"

# ---- back ----
back=$(make "$work/now.cedar" "as it was")
check "the old rules are installed as a new version" two install "$back" --everywhere --hash "$(hash_of "$back")"
check "in the enclave, too" wait_there "HARROW VANE" "$(everywhere)"
why >/dev/null; is "and the job is shown again" $? 0
finish
