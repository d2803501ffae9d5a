#!/bin/sh
# The channels of topology.def whose two ends stay, the keeper's among them: LEFT+RIGHT, a line each.
awk -F '[(, )]+' '
    /^PROGRAM\(/ { life[$2] = $7 }
    /^CHANNEL\(/ && life[$3] ~ /STAYS|ONCE/ && life[$4] ~ /STAYS|ONCE/ { a = tolower($3); b = tolower($4); print a < b ? a "+" b : b "+" a }' \
    "$(dirname "$0")/../../enclave/process/topology.def" | sort -u
