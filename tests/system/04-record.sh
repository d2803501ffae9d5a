#!/bin/sh
# Goal: every table comes from the log and from nothing else, and anybody with the auditor's public
# key can tell, off the box and without reading what happened, that no event was changed.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

enclave=$(enclave_of 'HARROW VANE')
site="--site $CASEMATE_SITE"
root=$CASEMATE_SITE/root.json

# ---- on the box ----

# shellcheck disable=SC2086
{
    refused "a replay gives the same tables" 0 "0 tables differ" casemate replay $site "$enclave"
    said=$(casemate replay $site "$enclave")
    case $said in *DIFFERENT*) not_ok "and says so of each" ;; *) ok "and says so of each" ;; esac
    refused "the log verifies against its signed head" 0 "verified against their signed head" casemate verify $site "$enclave"
    refused "an enclave that is not there is refused" 1 "this site has no such enclave" casemate verify $site eaaaaaa0
    refused "a word that is no enclave is refused" 2 "an enclave's id is" casemate verify $site '../x'

    skeleton=$work/log.skeleton
    refused "the log is exported without content" 0 "without content" casemate audit export $site "$enclave" "$skeleton"
    refused "a file that is there is not overwritten" 3 "File exists" casemate audit export $site "$enclave" "$skeleton"
}

# ---- off the box: an empty directory, a public key, no site ----

lines=$(wc -l <"$skeleton")
says "it names its format" "$(head -n 1 "$skeleton")" "casemate-skeleton 1"
for word in Lindqvist HARROW WO-26 HV-; do
    if grep -q "$word" "$skeleton"; then not_ok "it does not hold $word"; else ok "it does not hold $word"; fi
done
key=$(jq -r .checkpoint "$root")
verify() { env -i PATH="$PATH" CASEMATE_SITES=/nonexistent casemate audit verify "$@"; }
refused "it verifies with the public key" 0 "unchanged" verify --key "$key" "$skeleton"
refused "it verifies with root.json" 0 "unchanged" verify --root "$root" "$skeleton"
is "it says how many events there are" "$(verify --json --key "$key" "$skeleton" | jq .events)" "$((lines - 8))"
says "and whose log it is" "$(verify --json --key "$key" "$skeleton" | jq -r .origin)" "casemate/$enclave/"

# ---- what was changed is found ----

changed() { # SENTENCE WORDS SED-EXPRESSION
    sed "$3" "$skeleton" >"$work/changed"
    refused "$1" 1 "$2" verify --key "$key" "$work/changed"
}
last_digit='y/0123456789abcdef/123456789abcdef0/'
changed "a changed commitment is found" "at least one was changed" "20{h;s/.*\\(.\\)\$/\\1/;$last_digit;G;s/\\(.\\)\\n\\(.*\\).\$/\\2\\1/}"
changed "a changed number is found" "out of its order" '20s/^\(................\)../\1ff/'
changed "a removed line is found" "another number of lines" '20d'
changed "a repeated line is found" "another number of lines" '20p'
changed "two lines in another order are found" "missing or out of its order" '20{h;d};21G'
changed "a changed size is found" "signed head" '3s/[0-9]$/x/'
changed "a changed root is found" "signed head" '4{s/^A/C/;t;s/^./A/}'
changed "a changed digest of the tables is found" "signed head" '5s/[0-9a-f]$/x/'
changed "a changed signature is found" "signed head" '7s/.....=*$/AAAAA/'
head -c "$(($(wc -c <"$skeleton") - 1))" "$skeleton" >"$work/changed"
refused "a cut end is found" 1 "another number of lines" verify --key "$key" "$work/changed"
refused "another key of the site does not verify it" 1 "the key does not fit" verify --key "$(jq -r .statement "$root")" "$skeleton"
refused "a key that is no key is refused" 2 "64 digits" verify --key abc "$skeleton"
finish
