/* casemate audit verify, of an export of the auditor's journal. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "appliance/cli/cli.h"
#include "enclave/audit/segment.h"

static void day_of(int64_t ms, char out[static 24])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int cli_verify_journal(const struct cli *o, const uint8_t key[static 32])
{
    struct segment_result result;
    char from[24], to[24];
    FILE *f = fopen(o->operand[0], "re");
    if (!f)
        return cli_complain_file(o, o->operand[0], ERR_SYSTEM);
    int r = segment_check(f, key, &result);
    fclose(f);
    if (r)
        return cli_complain(o, CLI_REFUSED, "%s: %s.", o->operand[0], result.why);
    day_of(result.from_ms, from);
    day_of(result.to_ms, to);
    if (o->json)
        printf("{\"lines\":%" PRIu64 ",\"segments\":%" PRIu64 ",\"from\":\"%s\",\"to\":\"%s\"}\n",
               result.lines, result.segments, from, to);
    else
        printf("%s: all %" PRIu64 " lines of %" PRIu64 " segments from %" PRIu64
               " on are there, in their order and unchanged; from %s to %s.\n",
               o->operand[0], result.lines, result.segments, result.first_segment, from, to);
    return CLI_DONE;
}
