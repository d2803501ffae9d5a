#!/bin/sh
# Goal: forced browsing.  Every route of operations.def, asked by every role at every program and at
# the entry, about what is another program's, what is forbidden and what is not there: one body, one
# status, one set of headers, one time.  A new row of the table is asked without a line here.
# CASEMATE_SITE and CASEMATE_CARD as for the tests beside it.
set -u
: "${CASEMATE_SITE:?names the directory of a running training site}"
export CASEMATE_SITE CASEMATE_CARD="${CASEMATE_CARD:-$CASEMATE_SITE/card.json}"
here=$(cd "$(dirname "$0")" && pwd)
cpp -P -undef -nostdinc -I "$here/../.." -x c "$here/matrix.in" | exec node "$here/matrix.mjs"
