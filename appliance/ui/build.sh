#!/bin/sh
# build.sh OUT: type-check the page and write OUT/index.html, OUT/app.js and
# OUT/app.css, which the gateway carries.  The same sources give the same bytes.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
mkdir -p "$1" "$top/build/ui"
out=$(cd "$1" && pwd)
cd "$here"

# The packages are fetched only when the lock is not the one they came from.
lock=$(sha256sum package-lock.json package.json)
if [ "$(cat node_modules/.casemate-lock 2>/dev/null)" != "$lock" ]; then
    npm ci --fetch-retries=1 --no-audit --no-fund --ignore-scripts
    printf '%s\n' "$lock" >node_modules/.casemate-lock
fi

# The tables, as types and as data.
for table in types attributes glass; do
    cpp -P -undef -nostdinc -I "$top" -x c "app/$table.ts.in" >"$top/build/ui/$table.ts"
done
node_modules/.bin/tsc --project tsconfig.json

set -- --bundle --minify --charset=utf8 --legal-comments=none --log-level=warning
node_modules/.bin/esbuild app/main.tsx "$@" --format=iife --target=es2022 \
    --tsconfig=tsconfig.json --outfile="$out/app.js"
node_modules/.bin/esbuild style/app.css "$@" --outfile="$out/app.css"
cp app/index.html "$out/index.html"
