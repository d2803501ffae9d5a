#!/bin/sh
# run.sh: our Cedar engine against the official one, on cases made from a seed.
#   CASES=N SEED=S WORKERS=W sh tests/policy/differential/run.sh      from the repository's root
# A difference is made small, printed, and ends the run with 1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"

# The official engine is fetched only when the lock is not the one it came from.
lock=$(sha256sum package-lock.json package.json)
if [ "$(cat node_modules/.casemate-lock 2>/dev/null)" != "$lock" ]; then
    npm ci --fetch-retries=1 --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null || {
        echo "skipped: the official engine cannot be fetched"
        exit 0
    }
    printf '%s\n' "$lock" >node_modules/.casemate-lock
fi
exec node driver.js "${CASES:-5000}" "${SEED:-1}" "${WORKERS:-2}" \
    "${DIFFER:-$here/../../../build/tests/differ}"
