#include "tests/bench/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take(struct plan *p, const char *word, const char *value)
{
    if (strcmp(word, "port") == 0)
        p->port = (uint16_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "operations") == 0)
        p->operations = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(word, "worker") == 0)
        p->worker = (int)strtol(value, NULL, 10);
    else if (strcmp(word, "order") == 0)
        snprintf(p->order, sizeof p->order, "%.*s", (int)sizeof p->order - 1, value);
    else if (strcmp(word, "expected") == 0)
        p->expected = strtoul(value, NULL, 10);
    else if (strcmp(word, "officer") == 0)
        snprintf(p->officer, sizeof p->officer, "%s", value);
    else if (strcmp(word, "token") == 0 && p->tokens < PLAN_TOKENS)
        snprintf(p->token[p->tokens++], PLAN_TOKEN, "%s", value);
    else if (strcmp(word, "unit") == 0 && p->units < PLAN_UNITS && strlen(value) == 36)
        memcpy(p->unit[p->units++], value, 37);
    else
        return ERR_FORMAT;
    return 0;
}

int plan_read(const char *path, struct plan *ret_plan)
{
    static struct plan plan;
    char word[16], value[PLAN_TOKEN];
    FILE *in = fopen(path, "re");
    int r = 0;
    if (!in)
        return ERR_SYSTEM;
    while (r == 0 && fscanf(in, "%15s %1023s", word, value) == 2)
        r = take(&plan, word, value);
    fclose(in);
    if (r == 0 && (!plan.port || !plan.operations || !plan.tokens || !plan.units))
        r = ERR_FORMAT;
    if (r == 0)
        *ret_plan = plan;
    return r;
}
