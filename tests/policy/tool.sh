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
expect "review of the shipped policies" 0 "23: 12 forbid, 11 permit" "$tool" review \
    --schema policy/site/casemate.cedarschema --date 2026-03-10 policy/site/*.cedar
expect "review finds nothing in them" 0 "<p>Nothing: every policy has an @id" "$tool" review \
    --schema policy/site/casemate.cedarschema policy/site/*.cedar
expect "review into a file" 0 "" "$tool" review --output "$work/sheet.html" "$work/a.cedar"
expect "the file is there" 0 "</html>" cat "$work/sheet.html"
expect "review of what cannot be read" 1 "did you mean" "$tool" review "$work/wrong.cedar"
expect "review into a folder that is not there" 1 "No such file" \
    "$tool" review -o "$work/none/sheet.html" "$work/a.cedar"
expect "review of nothing" 64 "usage" "$tool" review
expect "a request without principal" 1 "no principal" \
    ask -p "$work/a.cedar" --request-json "$work/entities.json"
expect "value" 0 '^datetime("2026-02-28T00:00:00.000Z")$' \
    "$tool" evaluate 'datetime("2026-03-01").offset(duration("-1d"))'
expect "value with a request" 0 '^true$' "$tool" evaluate --entities "$work/entities.json" \
    --request-json "$work/ask.json" 'principal.clearance < context.level'
expect "value that errs" 1 "there is no such entity" "$tool" evaluate 'principal.x'
expect "the shipped policies have no hazard" 0 "0 findings" "$tool" check policy/site/*.cedar
expect "the shipped policies decide as their tests say" 0 "0 failed" "$tool" test policy/site
sed '/M02-read-in/,/;/d' policy/site/mandatory.cedar >"$work/mandatory.cedar"
rm "$work/a.cedar" "$work/no.cedar" "$work/wrong.cedar" "$work/err.cedar" \
    "$work/no-one.cedar" "$work/never.cedar" "$work/unguarded.cedar"
cp policy/site/program.cedar policy/site/site.tests.json "$work"
expect "a rule that is taken out is missed" 1 "FAILED  a read-in that ended a second ago" \
    "$tool" test "$work"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
