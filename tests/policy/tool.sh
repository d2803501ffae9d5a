#!/bin/sh
# casemate-policy as a person calls it: exit codes, messages, the shipped policies.
#   tests/policy/tool.sh build/casemate-policy        from the repository's root
set -u
tool=$1
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect NAME CODE PATTERN COMMAND...: it ends with CODE and prints PATTERN.
expect() {
    name=$1 code=$2 pattern=$3
    shift 3
    "$@" >"$work/out" 2>&1
    got=$?
    if [ "$got" -eq "$code" ] && grep -q -e "$pattern" "$work/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name: exit $got instead of $code, or no '$pattern' in:"
        cat "$work/out"
    fi
}

cat >"$work/ask.json" <<'END'
{"principal": {"type": "U", "id": "ana"}, "action": {"type": "Action", "id": "read"},
 "resource": {"type": "D", "id": "d"}, "context": {"level": 3}}
END
cat >"$work/entities.json" <<'END'
[{"uid": {"type": "U", "id": "ana"}, "attrs": {"clearance": 2}, "parents": [{"type": "G", "id": "g"}]}]
END
cat >"$work/a.cedar" <<'END'
@id("by-level") @why("Those who are cleared read.")
permit (principal in G::"g", action, resource)
when { principal has clearance && context has level && context.level <= principal.clearance };
END
echo '@id("no") @why("Nobody.") forbid (principal, action, resource);' >"$work/no.cedar"
echo 'permit (principal, action, resource) when { contxt.level < 3 };' >"$work/wrong.cedar"
echo '@id("e") forbid (principal, action, resource) when { context.zone == "x" };' >"$work/err.cedar"
echo 'permit (principal == U::"bob", action, resource);' >"$work/no-one.cedar"
cat >"$work/never.cedar" <<'END'
@id("n") @why("Never.") permit (principal, action, resource) when { false };
@id("also") @why("Nobody.") forbid (principal == U::"bob", action, resource);
END
sed 's/"weekday": 2/"weekday": "Tuesday"/' tests/policy/shop/shop.tests.json |
    sed '2,13d' >"$work/untyped.json"
sed '/M04-station/,/^};/d' policy/site/mandatory.cedar >"$work/unguarded.cedar"
sed 's/"level": 3/"level": 2/' "$work/ask.json" >"$work/ask2.json"
ask() { "$tool" authorize --entities "$work/entities.json" "$@"; }

expect "help" 0 "authorize" "$tool" --help
expect "help of a command" 0 "Exit: 0 clean" "$tool" check --help
expect "no command" 64 "casemate-policy" "$tool"
expect "unknown command" 64 "no command .frob" "$tool" frob
expect "unknown option" 64 "usage" "$tool" check --frob
expect "a file that is not there" 1 "No such file" "$tool" check "$work/none.cedar"
expect "clean" 0 "1 policies, 0 findings" "$tool" check "$work/a.cedar"
expect "findings" 3 "unguarded" "$tool" check "$work/err.cedar"
expect "findings as JSON" 3 '"finding":"unguarded"' "$tool" check --json "$work/err.cedar"
expect "a forbid that can err" 3 "can-error. in e: this forbid can err" "$tool" check "$work/err.cedar"
expect "what never applies" 3 "never-matches" "$tool" check "$work/never.cedar"
expect "what another policy already does" 3 "adds nothing: .no. applies wherever" \
    "$tool" check "$work/no.cedar" "$work/never.cedar"
expect "a permit without a station guard" 3 "no-station-guard. in P01-tasks" \
    "$tool" check "$work/unguarded.cedar" policy/site/program.cedar
expect "another station guard" 0 "0 findings" "$tool" check --station-guard enclave \
    "$work/unguarded.cedar" policy/site/program.cedar
expect "syntax" 1 "did you mean .context" "$tool" check "$work/wrong.cedar"
for ask in "validate --json -s $work/wrong.cedar -p $work/a.cedar" "check --json $work/none" \
    "authorize --json -p $work/wrong.cedar --request-json $work/ask.json" \
    "explain --json -p $work/a.cedar --request-json $work/wrong.cedar" \
    "authorize --json -p $work/a.cedar --entities $work/none --request-json $work/ask.json" \
    "diff --json --old $work/a.cedar --new $work/wrong.cedar --requests $work/entities.json"; do
    expect "a failure as JSON of $ask" 1 '^{"ok":false,"error":{"file":' sh -c '"$@" 2>/dev/null' \
        sh "$tool" $ask
done
printf '@id("\\u{1b}[31m") permit (principal, action, resource);' >"$work/escape.cedar"
expect "an id that would colour the terminal" 1 "can be printed" "$tool" check "$work/escape.cedar"
printf '@id("a\\u{202e}b") permit (principal, action, resource);' >"$work/escape.cedar"
expect "an id that turns the writing round" 1 "can be printed" "$tool" check "$work/escape.cedar"
rm "$work/escape.cedar"
expect "syntax as JSON" 1 '"line":1,"column":45' "$tool" check --json "$work/wrong.cedar"
expect "the same id twice" 1 "used by two" "$tool" check "$work/no.cedar" "$work/no.cedar"
expect "allow" 0 "permitted by by-level" ask -p "$work/a.cedar" --request-json "$work/ask2.json"
expect "deny says what was not met" 2 "context.level <= principal.clearance" \
    ask -p "$work/a.cedar" --request-json "$work/ask.json"
expect "deny says why" 2 "forbidden by no: Nobody" \
    ask -p "$work/a.cedar" -p "$work/no.cedar" --request-json "$work/ask2.json"
expect "an error denies" 2 "there is no such attribute: zone" \
    ask -p "$work/a.cedar" -p "$work/err.cedar" --request-json "$work/ask2.json"
expect "an error is skipped when asked" 0 "ALLOW" \
    ask -p "$work/a.cedar" -p "$work/err.cedar" --on-error skip --request-json "$work/ask2.json"
expect "deny as JSON" 2 '"decision":"deny"' \
    ask --json -p "$work/a.cedar" --request-json "$work/ask.json"
explain() { "$tool" explain --entities "$work/entities.json" "$@"; }
expect "explain shows the values" 2 "principal.clearance = 2" \
    explain -p "$work/a.cedar" --request-json "$work/ask.json"
expect "explain says where and which part" 2 \
    "line 3: context.level <= principal.clearance  is false" \
    explain -p "$work/a.cedar" --request-json "$work/ask.json"
expect "explain of an allow" 0 "permitted by by-level (.*a.cedar, line 1): Those who are cleared" \
    explain -p "$work/a.cedar" --request-json "$work/ask2.json"
expect "explain of an error" 2 "context has no zone" \
    explain -p "$work/err.cedar" --request-json "$work/ask.json"
expect "explain when nothing is meant for it" 2 "no permit is meant for" \
    explain -p "$work/no-one.cedar" --request-json "$work/ask.json"
expect "explain as JSON" 2 '"values":\["context.level = 3","principal.clearance = 2"\]' \
    explain --json -p "$work/a.cedar" --request-json "$work/ask.json"
expect "explain without a request" 64 "usage" explain -p "$work/a.cedar"
shop=tests/policy/shop
sed 's/context.weekday <= 5/context.weekday <= 6/' $shop/shop.cedar >"$work/saturday.cedar"
sed '/G3-clearance/,/^};/d' $shop/shop.cedar >"$work/uncleared.cedar"
diff_shop() { "$tool" diff --old $shop/shop.cedar --entities $shop/entities.json "$@"; }
expect "diff of the same" 0 "^NEWLY ALLOWED: 0" \
    diff_shop --new $shop/shop.cedar --requests $shop/shop.tests.json
expect "diff says what is newly allowed" 3 "^NEWLY ALLOWED: 1" \
    diff_shop --new "$work/saturday.cedar" --requests $shop/shop.tests.json
expect "diff says which request" 3 '"wo-1"  (request record on Saturday)' \
    diff_shop --new "$work/saturday.cedar" --requests $shop/shop.tests.json
expect "diff says which policies changed" 3 "changed  P2-record-operation" \
    diff_shop --new "$work/saturday.cedar" --requests $shop/shop.tests.json
expect "diff the other way" 3 "^Newly denied: 1" "$tool" diff --old "$work/saturday.cedar" \
    --new $shop/shop.cedar --entities $shop/entities.json --requests $shop/shop.tests.json
expect "diff of reasons alone" 3 "Same decision, other reasons: 1" \
    diff_shop --new "$work/uncleared.cedar" --requests $shop/shop.tests.json --limit 0
expect "diff is no proof" 3 "not a proof" \
    diff_shop --new "$work/uncleared.cedar" --requests $shop/shop.tests.json
expect "diff of all that the schema admits" 3 "Compared 232 requests: every principal" \
    diff_shop --new "$work/saturday.cedar" --requests $shop/shop.tests.json --all \
    --schema $shop/shop.cedarschema
expect "what the schema does not admit is counted" 3 "^23 pairs .* left out" \
    diff_shop --new "$work/saturday.cedar" --requests $shop/shop.tests.json --all \
    --schema $shop/shop.cedarschema
expect "diff of all without requests" 3 "in 1 context\." \
    diff_shop --new "$work/uncleared.cedar" --all
expect "diff keeps to its limit" 3 "and .* more" \
    diff_shop --new "$work/uncleared.cedar" --requests $shop/shop.tests.json --all --limit 1
expect "diff as JSON" 3 '"newlyAllowed":{"count":1,"samples":\[{"principal":"Shop::User' \
    diff_shop --json --new "$work/saturday.cedar" --requests $shop/shop.tests.json
expect "diff reads the entities of a test file" 3 "^Newly denied: 54" "$tool" diff \
    --old policy/site/mandatory.cedar --old policy/site/program.cedar \
    --new policy/site/mandatory.cedar --requests policy/site/site.tests.json
expect "diff with a bad request" 1 "no member .uid." diff_shop --new $shop/shop.cedar \
    --requests $shop/entities.json
expect "diff with a request that the schema refuses" 1 "request record in shift" \
    diff_shop --new $shop/shop.cedar --schema $shop/shop.cedarschema --requests "$work/untyped.json"
expect "diff without a new set" 64 "usage" diff_shop --requests $shop/shop.tests.json
expect "diff without requests" 64 "usage" diff_shop --new $shop/shop.cedar
expect "review of the shipped policies" 0 "49: 35 forbid, 14 permit" "$tool" review \
    --schema policy/site/casemate.cedarschema --date 2026-03-10 policy/site/*.cedar
expect "review finds nothing in them" 0 "<p>Nothing: every policy has an @id" "$tool" review \
    --schema policy/site/casemate.cedarschema policy/site/*.cedar
"$tool" review --output "$work/sheet.html" "$work/a.cedar"
expect "review into a file" 0 "</html>" cat "$work/sheet.html"
expect "review of what cannot be read" 1 "did you mean" "$tool" review "$work/wrong.cedar"
expect "review into a folder that is not there" 1 "No such file" \
    "$tool" review -o "$work/none/sheet.html" "$work/a.cedar"
# A permit for an action that the entities do not hold must not be compared with nothing.
echo '@id("s") @why("Theft.") permit (principal, action == Action::"steal", resource);' >"$work/steal.cedar"
expect "diff --all without the action that a policy names" 1 'action Action::"steal" that the policies name' \
    "$tool" diff --old "$work/no.cedar" --new "$work/steal.cedar" --all --entities "$work/entities.json"
expect "diff --all of no action at all" 1 "nothing was compared" \
    "$tool" diff --old "$work/no.cedar" --new "$work/a.cedar" --all --entities "$work/entities.json"
echo '[]' >"$work/empty.json"
expect "diff of no request" 1 "nothing was compared" \
    "$tool" diff --old "$work/no.cedar" --new "$work/a.cedar" --requests "$work/empty.json"
sed 's/"context"/"contxt"/' "$work/ask.json" >"$work/contxt.json"
expect "a request with a misspelled member" 1 'contxt.json:2:50' \
    ask -p "$work/a.cedar" --request-json "$work/contxt.json"
expect "review over its own policies" 1 "write it elsewhere" \
    "$tool" review -o "$work/a.cedar" "$work/a.cedar"
expect "they are still there" 0 "1 policies, 0 findings" "$tool" check "$work/a.cedar"
expect "review does not say what was not looked at" 0 "Types were not checked. Stations were not" \
    "$tool" review "$work/a.cedar"
"$tool" translate --to json "$work/a.cedar" >"$work/review.json"
expect "review of policies in JSON" 0 "by-level" "$tool" review "$work/review.json"
echo 'entity E; action a appliesTo {principal: E, resource: E};' >"$work/e.cedarschema"
expect "review hashes the schema that it read" 0 "$(sha256sum "$work/e.cedarschema" | cut -c1-8)" \
    sh -c '"$1" review --schema - "$2" <"$3"' sh "$tool" "$work/a.cedar" "$work/e.cedarschema"
# As many policies as fit, all in one line: each message must not count from the beginning.
yes '@why("y")permit(principal,action,resource);' | head -n 16384 | tr -d '\n' >"$work/many.cedar"
expect "findings in very many policies" 3 "16384 policies, 32767 findings" \
    timeout 60 "$tool" check "$work/many.cedar"
rm "$work/many.cedar" "$work/steal.cedar" "$work/e.cedarschema"
printf '@id("r") @why("a\\0b \330\234\357\270\217") permit (principal, action, resource);' >"$work/hidden.cedar"
expect "review shows what would hide" 0 "a.U+0000.b .U+061C..U+FE0F." "$tool" review "$work/hidden.cedar"
rm "$work/hidden.cedar"
expect "review of nothing" 64 "usage" "$tool" review
expect "a request without principal" 1 "no principal" \
    ask -p "$work/a.cedar" --request-json "$work/entities.json"
cat >"$work/s.cedarschema" <<'END'
entity G;
entity U in [G] = { clearance: Long };
entity D;
action read appliesTo { principal: U, resource: D, context: { level?: Long } };
END
say() { "$tool" authorize -p "$work/a.cedar" -s "$work/s.cedarschema" "$@"; }
echo '{"level": 2}' >"$work/context.json"
expect "valid" 0 "^1 policies, 0 errors, 0 warnings$" \
    "$tool" validate -s "$work/s.cedarschema" -p "$work/a.cedar"
echo '@id("w") @why("w") permit (principal, action, resource) when { principal.clearence == 1 };' >"$work/bad.cedar"
expect "not valid" 3 "did you mean .clearance" "$tool" validate -s "$work/s.cedarschema" -p "$work/bad.cedar"
expect "not valid as JSON" 3 '"errors":1,"warnings":0,"valid":false' \
    "$tool" validate --json -s "$work/s.cedarschema" -p "$work/bad.cedar"
expect "a check with a schema" 3 "1 errors, 0 warnings of the schema" \
    "$tool" check -s "$work/s.cedarschema" "$work/bad.cedar"
echo '@id("n") @why("n") permit (principal, action, resource) when { false };' >"$work/impossible.cedar"
expect "a warning" 0 "1 warnings" "$tool" validate -s "$work/s.cedarschema" -p "$work/impossible.cedar"
expect "a warning that counts" 3 "1 warnings" \
    "$tool" validate --deny-warnings -s "$work/s.cedarschema" -p "$work/impossible.cedar"
expect "no schema to validate with" 64 "usage" "$tool" validate -p "$work/a.cedar"
expect "a schema that does not resolve" 1 "Gone" sh -c "echo 'entity U in [Gone];' >'$work/g.cedarschema';
    '$tool' validate -s '$work/g.cedarschema' -p '$work/a.cedar'"
expect "a request in words" 0 "permitted by by-level: Those" say --entities "$work/entities.json" \
    -l 'U::"ana"' -a 'Action::"read"' -r 'D::"d"' -c "$work/context.json" -v
expect "a request in words that is refused" 2 "context has level" say --entities "$work/entities.json" \
    -l 'U::"ana"' -a 'Action::"read"' -r 'D::"d"'
echo '{"__entity": {"type": "U", "id": "ana"}}' >"$work/escape.json"
expect "a context that is an entity" 1 "a context is a record" "$tool" authorize -p "$work/a.cedar" \
    -l 'U::"ana"' -a 'Action::"read"' -r 'D::"d"' -c "$work/escape.json"
expect "words that are no entity" 1 "principal:1:" say -l 'U::"ana' -a 'Action::"read"' -r 'D::"d"'
expect "a request of half the words" 64 "usage" say -l 'U::"ana"'
expect "a request from two places" 64 "usage" say --request-json "$work/ask.json" -l 'U::"ana"'
expect "a request that does not conform" 1 "did you mean .U." say -l 'UU::"ana"' -a 'Action::"read"' -r 'D::"d"'
expect "the same, asked for" 2 "DENY" say --request-validation false -l 'D::"d"' -a 'Action::"read"' -r 'D::"d"'
echo '[{"uid": {"type": "U", "id": "ana"}, "attrs": {"clearance": "two"}, "parents": []}]' >"$work/two.json"
expect "entities that do not conform" 1 "two.json:1:" say --entities "$work/two.json" \
    -l 'U::"ana"' -a 'Action::"read"' -r 'D::"d"'
expect "value" 0 '^datetime("2026-02-28T00:00:00.000Z")$' \
    "$tool" evaluate 'datetime("2026-03-01").offset(duration("-1d"))'
expect "value with a request" 0 '^true$' "$tool" evaluate --entities "$work/entities.json" \
    --request-json "$work/ask.json" 'principal.clearance < context.level'
expect "value that errs" 1 "there is no such entity" "$tool" evaluate 'principal.x'
printf 'permit(principal,action,resource) when{ [1, // one\n] == 2 };' >"$work/f.cedar"
expect "a layout" 0 "^  // one$" "$tool" format "$work/f.cedar"
expect "a layout as it is wanted" 0 "^     // one$" "$tool" format -l 20 -i 5 "$work/f.cedar"
expect "a file that is not laid out" 1 "f.cedar: is not laid out" "$tool" format --check "$work/f.cedar"
expect "nothing is written when one is refused" 1 "did you mean" \
    "$tool" format --write "$work/f.cedar" "$work/wrong.cedar"
expect "nothing was written" 1 "is not laid out" "$tool" format --check "$work/f.cedar"
chmod 640 "$work/f.cedar"
expect "written" 0 "f.cedar: laid out" "$tool" format --write "$work/f.cedar"
expect "laid out now" 0 "clean" sh -c '"$1" format --check "$2" && echo clean' sh "$tool" "$work/f.cedar"
expect "with the mode that it had" 0 "^-rw-r-----" ls -l "$work/f.cedar"
expect "nothing is left beside it" 0 "^1$" sh -c 'ls "$1"/f.cedar* | wc -l' sh "$work"
expect "either check or write" 64 "usage" "$tool" format --check --write "$work/f.cedar"
expect "to JSON" 0 '"staticPolicies":{"by-level":{"effect":"permit"' "$tool" translate --to json "$work/a.cedar"
"$tool" translate --to json "$work/a.cedar" >"$work/a.json"
"$tool" format "$work/a.cedar" >"$work/want"
expect "back to Cedar" 0 '@id("by-level")' "$tool" translate --to cedar "$work/a.json"
expect "the same as before" 0 "same" sh -c '"$1" translate --to cedar "$2" | cmp - "$3" && echo same' sh "$tool" "$work/a.json" "$work/want"
expect "decides by JSON" 0 "permitted by by-level" ask -p "$work/a.json" --request-json "$work/ask2.json"
expect "checks JSON" 0 "1 policies, 0 findings" "$tool" check "$work/a.json"
expect "JSON by another name" 0 "1 policies" sh -c '"$1" check --policy-format json - <"$2"' sh "$tool" "$work/a.json"
expect "wrong JSON with its place" 1 "ask.json:1:15" "$tool" check "$work/ask.json"
expect "the shipped policies have no hazard" 0 "0 findings" "$tool" check policy/site/*.cedar
expect "the shipped policies are valid" 0 "0 errors, 0 warnings" "$tool" validate \
    -s policy/site/casemate.cedarschema -p policy/site/mandatory.cedar -p policy/site/program.cedar
expect "the shipped policies decide as their tests say" 0 "0 failed" "$tool" test policy/site
rm "$work"/*.cedar "$work"/*.cedarschema
sed '/M02-read-in/,/;/d' policy/site/mandatory.cedar >"$work/mandatory.cedar"
cp policy/site/program.cedar policy/site/site.tests.json "$work"
expect "a rule that is taken out is missed" 1 "FAILED  7 a read-in that ended a second ago" \
    "$tool" test "$work"

mkdir "$work/odd"
cp policy/site/program.cedar "$work/odd"
echo '{"entities": [], "tests": [{"name": "x", "reasons": ["P01"]}]}' >"$work/odd/x.tests.json"
expect "a test with a misspelled member" 1 'no member .reasons.' "$tool" test "$work/odd"
printf '%s' '@id("p")@why("p")permit(principal,action,resource);@id("q")@why("p")permit(principal,action,resource);' \
    >"$work/odd/program.cedar"
echo '{"entities": [], "tests": [{"name": "twice", "principal": {"type": "E", "id": "e"}, "action":
{"type": "Action", "id": "e"}, "resource": {"type": "E", "id": "e"}, "want": "allow",
"reason": ["p", "p"]}]}' >"$work/odd/x.tests.json"
expect "one reason twice is not two reasons" 1 "FAILED  twice" "$tool" test "$work/odd"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
