#!/bin/sh
# Memory safety of the decoders of messages and length prefixes, proved by CBMC for every input up
# to the bound that each proof_*.c states.  LENGTH=N gives the datagrams of proof_message another
# bound.  Run inside a Debian 13 root; prints TAP.
#     run.sh            all of them: minutes
#     run.sh NAME...    these; `make check` takes those of some seconds
set -u
cd "$(dirname "$0")/../.."
command -v cbmc >/dev/null || { echo "1..0 # skipped: cbmc is not here"; exit 0; }
mkdir -p build/proofs
n=0
failed=0
only=" $* "
# prove NAME UNWIND OPTIONS...: an unwinding assertion fails where the bound of a loop is not enough,
# so nothing is left out
prove() {
    name=$1 unwind=$2
    shift 2
    case $only in '  ' | *" $name "*) ;; *) return ;; esac
    n=$((n + 1))
    out=build/proofs/$name.out
    if timeout "${LIMIT:-600}" cbmc "tests/proofs/proof_$name.c" -I. -D_GNU_SOURCE --unwind "$unwind" \
        --unwinding-assertions --bounds-check --pointer-check --pointer-overflow-check --signed-overflow-check \
        --div-by-zero-check --undefined-shift-check --slice-formula "$@" >"$out" 2>&1; then
        echo "ok $n - $name: $(grep -c ': SUCCESS' "$out") properties hold"
    else
        echo "not ok $n - $name: see $out"
        grep ': FAILURE' "$out" | head -5 | sed 's/^/#   /'
        failed=1
    fi
}
prove bytes 26
prove put 17
prove hex 14
prove tree 10
prove message 10 -DLENGTH="${LENGTH:-200}"
echo "1..$n"
exit "$failed"
