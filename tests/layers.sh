#!/bin/sh
# Includes point only down, the guards share nothing, nothing is fetched from a
# named registry, and no file grows past what a reader can hold.
#   sh tests/layers.sh [FOLDER]        from the repository's root
# Prints each violation as FILE:LINE: what is wrong; ends with "layers: clean".
set -eu
cd "${1:-.}"
export LC_ALL=C

list=$(mktemp)
found=$(mktemp)
trap 'rm -f "$list" "$found"' EXIT

# What is the project's: what git knows or would add; without git, all but what is generated.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1 && [ -n "$(git ls-files | head -n 1)" ]; then
    git ls-files -co --exclude-standard
else
    find . \( -name .git -o -name build -o -name node_modules \) -prune -o -type f -print |
        sed 's|^\./||'
fi | sort >"$list"

sources=$(grep -E '\.(c|h|def)$' "$list" | grep -v '^tests/' || :)
[ -n "$sources" ] || { echo "layers: no sources here"; exit 2; }

# ---- floors and guards ----
# shellcheck disable=SC2086
awk '
function floor_of(path) {
    if (path ~ /^(crypto|policy)\//) return 0
    if (path ~ /^enclave\/process\//) return 1
    if (path ~ /^enclave\//) return 2
    if (path ~ /^transfer\//) return 3
    if (path ~ /^appliance\//) return 4
    return -1
}
function wrong(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    target = $0
    sub(/^[^"]*"/, "", target)
    sub(/".*$/, "", target)
    mine = floor_of(FILENAME)
    its = floor_of(target)
    if (target ~ /(^|\/)\.\.?(\/|$)/ || its < 0) {
        wrong("includes \"" target "\", which is not written from the root of a floor")
        next
    }
    if (its > mine)
        wrong("floor " mine " includes floor " its ": " target)
    if (mine == 0 && substr(FILENAME, 1, 6) != substr(target, 1, 6))
        wrong("crypto and policy know nothing of each other: " target)
    if (FILENAME ~ /^transfer\/guard_a\// && target ~ /^transfer\/guard_b\//)
        wrong("guard-a includes what is guard-b'"'"'s: " target)
    if (FILENAME !~ /^transfer\/guard_a\// && target ~ /^transfer\/guard_a\//)
        wrong("what is guard-a'"'"'s is included from outside: " target)
    if (FILENAME !~ /^transfer\/guard_b\// && target ~ /^transfer\/guard_b\//)
        wrong("what is guard-b'"'"'s is included from outside: " target)
    if (FILENAME ~ /^transfer\/guard_b\// &&
        target !~ /^(enclave\/process\/|transfer\/guard_b\/|crypto\/(error|secret|bytes)\.h$)/)
        wrong("guard-b may include only the shell and its own folder: " target)
}' $sources >"$found"

# ---- where things are fetched from is the machine's business, never the repository's ----
grep -v '^tests/vectors/' "$list" | tr '\n' '\0' |
    xargs -0 grep -nIiE 'regi[s]try\.[n]pmjs|[n]pmjs\.(org|com)|(deb|security|archive|snapshot)\.[d]ebian\.org|[p]ypi\.org|[y]arnpkg\.com' /dev/null |
    sed -E 's|^([^:]*:[0-9]+):.*|\1: names a package archive|' >>"$found" || :
grep -E '(^|/)(package-lock\.json|npm-shrinkwrap\.json|[^/]*\.lock|\.npmrc|Makefile|[^/]*\.mk|build\.sh|Dockerfile)$|^image/|^\.ci/' "$list" |
    grep -v '\.md$' | tr '\n' '\0' | xargs -0 grep -noIE 'https?://[^][ "'"'"')>]*' /dev/null |
    grep -vE ':[0-9]+:https?://(localhost|127\.0\.0\.1|\[::1\])([:/]|$)' |
    sed -E 's|^([^:]*:[0-9]+):(.*)|\1: a build file names the address \2|' >>"$found" || :

# ---- length ----
grep -vE '(^|/)package-lock\.json$|^tests/(policy/)?vectors|\.svg$' "$list" | tr '\n' '\0' |
    xargs -0 awk 'FNR == 801 { printf "%s:801: longer than 800 lines\n", FILENAME }' >>"$found"

if [ -s "$found" ]; then
    cat "$found"
    echo "layers: $(wc -l <"$found") violations"
    exit 1
fi
echo "layers: clean"
