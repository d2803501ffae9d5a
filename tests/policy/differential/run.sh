#!/bin/sh
# run.sh: our Cedar engine against the official one, on cases made from a seed.
#   CASES=N SEED=S WORKERS=W DIFFER=PROGRAM sh tests/policy/differential/run.sh
# from the repository's root, with PROGRAM (build/tests/differ) made from differ_main.c.
# A difference is made small and printed, and the run ends with 1.
set -eu
program=$(realpath "${DIFFER:-build/tests/differ}")
cd "$(dirname "$0")"

# The official engine is fetched only when the lock is not the one it came from.
lock=$(sha256sum package-lock.json package.json)
if [ "$(cat node_modules/.casemate-lock 2>/dev/null)" != "$lock" ]; then
    npm ci --fetch-retries=1 --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null || {
        echo "skipped: the official engine cannot be fetched"
        exit 0
    }
    printf '%s\n' "$lock" >node_modules/.casemate-lock
fi
exec node driver.js "${CASES:-3000}" "${SEED:-1}" "${WORKERS:-2}" "$program"
