#!/bin/sh
# The figures of a store of ten million events [EVENTS], which is made beside the sites, on their
# disk, and removed.  A few minutes.
many=$(realpath "$(dirname "$0")/../../build/bench/many")
place=${CASEMATE_SITES:-/var/lib/casemate}/figures-10m
trap 'rm -rf "$place"' EXIT
trap 'exit 1' INT TERM
rm -rf "$place"
mkdir -p "$place" && cd "$place" && timeout "${LIMIT:-1500}" nice "$many" "${EVENTS:-10000000}"
