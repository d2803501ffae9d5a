#!/bin/sh
# run.sh SECONDS FUZZER...: each fuzzer for so many seconds, AT_ONCE of them together (as many as
# there are cores); findings stay in build/fuzz/.  Of one fuzzer it prints one line.
set -eu
seconds=$1; shift
if [ $# -gt 1 ]; then
    printf '%s\0' "$@" | xargs -0 -n 1 -P "${AT_ONCE:-$(nproc)}" sh "$0" "$seconds"
    exit
fi
name=$(basename "$1")
corpus=build/fuzz/corpus/$name
mkdir -p "$corpus"
if "$1" -max_total_time="$seconds" -max_len=70000 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="build/fuzz/$name-" "$corpus" >"build/fuzz/$name.log" 2>&1; then
    echo "ok $name: $(grep -o 'Done [0-9]* runs' "build/fuzz/$name.log" || echo done)"
else
    echo "not ok $name: see build/fuzz/$name.log"
    exit 1
fi
