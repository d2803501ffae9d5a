#!/bin/sh
# The ledger of fault campaigns: a line each run that somebody has made.
#   sh tests/faults/ledger.sh              how many of each kind there have been, and how many failed
#   sh tests/faults/ledger.sh add KIND FROM TO N FAILURES [WORDS...]
# KIND is a figure's name, FROM and TO its seeds, N how many trials.
set -eu
ledger=$(dirname "$0")/ledger
case ${1:-} in
'')
    awk '!/^#/ && NF { n[$2] += $5; f[$2] += $6; r[$2]++ }
         END { for (k in n) printf "%-26s %10d trials in %3d runs, %d failed\n", k, n[k], r[k], f[k] }' "$ledger" | sort
    ;;
add)
    shift
    [ $# -ge 5 ] || { echo "ledger: add KIND FROM TO N FAILURES [WORDS...]" >&2; exit 2; }
    for number in "$2" "$3" "$4" "$5"; do
        case $number in *[!0-9]* | '') echo "ledger: $number is no number" >&2; exit 2 ;; esac
    done
    echo "$(date -u +%Y-%m-%d) $*" >>"$ledger"
    ;;
*) echo "ledger: add, or nothing" >&2; exit 2 ;;
esac
