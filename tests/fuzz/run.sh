#!/bin/sh
# run.sh SECONDS FUZZER...: each fuzzer for so many seconds; findings stay in build/fuzz/.
set -eu
seconds=$1; shift
failed=0
for fuzzer in "$@"; do
    name=$(basename "$fuzzer")
    corpus=build/fuzz/corpus/$name
    mkdir -p "$corpus"
    if "$fuzzer" -max_total_time="$seconds" -max_len=70000 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="build/fuzz/$name-" "$corpus" >"build/fuzz/$name.log" 2>&1; then
        echo "ok $name: $(grep -o 'Done [0-9]* runs' "build/fuzz/$name.log" || echo done)"
    else
        echo "not ok $name: see build/fuzz/$name.log"
        failed=1
    fi
done
exit $failed
