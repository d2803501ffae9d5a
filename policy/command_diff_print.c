#include <stdlib.h>
#include <string.h>

#include "policy/command_diff.h"

/* ---- one change ---- */

static void print_list(FILE *out, const struct side *s, const char *before, const uint32_t *numbers,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i == 0 ? before : ", ", cedar_policy_id(s->policies, numbers[i]));
}

static void print_side(FILE *out, const struct side *s, const char *name)
{
    const struct cedar_result *r = &s->result;

    fprintf(out, "      %s: %s, %s", name, r->decision == CEDAR_ALLOW ? "allow" : "deny",
            cause_text(r));
    print_list(out, s, ": ", r->determining, r->determining_count);
    print_list(out, s, "; errors in ", r->erring, r->erring_count);
    fprintf(out, "\n");
}

static void print_sample(FILE *out, const struct comparison *c, const char *name)
{
    const struct side *s = &c->sides[0];
    const struct cedar_value *three[] = {&s->request.principal, &s->request.action,
                                         &s->request.resource};
    char text[512];

    fprintf(out, " ");
    for (int i = 0; i < 3; i++)
        fprintf(out, " %s", cedar_value_print(s->overlay, *three[i], text, sizeof text));
    fprintf(out, "  (request %s)\n", name);
    print_side(out, &c->sides[0], "old");
    print_side(out, &c->sides[1], "new");
}

static void print_side_json(FILE *out, const struct side *s)
{
    fprintf(out, "{\"decision\":\"%s\",\"cause\":",
            s->result.decision == CEDAR_ALLOW ? "allow" : "deny");
    json_print_text(out, text_of(cause_text(&s->result)));
    fprintf(out, ",\"reason\":");
    json_print_ids(out, s->policies, s->result.determining, s->result.determining_count);
    fprintf(out, ",\"errors\":");
    json_print_ids(out, s->policies, s->result.erring, s->result.erring_count);
    fprintf(out, "}");
}

static void print_sample_json(FILE *out, const struct comparison *c, const char *name)
{
    const struct side *s = &c->sides[0];
    const struct cedar_value *three[] = {&s->request.principal, &s->request.action,
                                         &s->request.resource};
    static const char *const names[] = {"principal", "action", "resource"};
    char text[512];

    fprintf(out, "{");
    for (int i = 0; i < 3; i++) {
        fprintf(out, "\"%s\":", names[i]);
        cedar_value_print(s->overlay, *three[i], text, sizeof text);
        json_print_text(out, text_of(text));
        fprintf(out, ",");
    }
    fprintf(out, "\"request\":");
    json_print_text(out, text_of(name));
    fprintf(out, ",\"old\":");
    print_side_json(out, &c->sides[0]);
    fprintf(out, ",\"new\":");
    print_side_json(out, &c->sides[1]);
    fprintf(out, "}");
}

void comparison_keep(struct comparison *c, enum diff_kind kind, const char *name)
{
    struct change *change = &c->changes[kind];
    size_t length;

    if (change->sample_count == c->limit)
        return;
    struct sample *sample = &change->samples[change->sample_count++];
    FILE *out = open_memstream(c->json ? &sample->json : &sample->text, &length);
    if (out == NULL) {
        c->failed = true;
        return;
    }
    if (c->json)
        print_sample_json(out, c, name);
    else
        print_sample(out, c, name);
    if (fclose(out) != 0)
        c->failed = true;
}

void comparison_note(struct comparison *c, const char *name)
{
    enum diff_kind kind = diff_results(&c->diff, &c->sides[0].result, &c->sides[1].result);

    if (kind == DIFF_SAME)
        return;
    c->changes[kind].count++;
    comparison_keep(c, kind, name);
}

/* ---- the policies themselves ---- */

enum fate { ADDED, REMOVED, CHANGED };
static const char *const fates[] = {"added", "removed", "changed"};

/* Whether policy ${i} (of the new set for ADDED, else of the old) had this fate. */
static bool has_fate(const struct comparison *c, enum fate fate, uint32_t i)
{
    if (fate == ADDED)
        return c->diff.in_old[i] == DIFF_NONE;
    if (c->diff.in_new[i] == DIFF_NONE)
        return fate == REMOVED;
    return fate == CHANGED && diff_policy_changed(&c->diff, i);
}

static void print_fate(const struct comparison *c, enum fate fate)
{
    const struct cedar_policies *set = c->sides[fate == ADDED].policies;
    const char *comma = "";

    printf(c->json ? "%s\"%s\":[" : "%s%-9s", c->json && fate != ADDED ? "," : "", fates[fate]);
    for (uint32_t i = 0; i < cedar_policies_count(set); i++) {
        if (!has_fate(c, fate, i))
            continue;
        fputs(comma, stdout);
        if (c->json)
            json_print_text(stdout, text_of(cedar_policy_id(set, i)));
        else
            fputs(cedar_policy_id(set, i), stdout);
        comma = c->json ? "," : ", ";
    }
    if (c->json)
        printf("]");
    else
        printf("%s\n", comma[0] == '\0' ? "none" : "");
}

/* ---- the outcome ---- */

static void print_change(const struct comparison *c, enum diff_kind kind, const char *heading)
{
    const struct change *change = &c->changes[kind];

    printf("\n%s: %llu\n", heading, (unsigned long long)change->count);
    for (uint32_t i = 0; i < change->sample_count; i++)
        fputs(change->samples[i].text, stdout);
    if (change->count > change->sample_count)
        printf("  and %llu more (--limit shows more)\n",
               (unsigned long long)(change->count - change->sample_count));
}

static void print_text(const struct comparison *c)
{
    printf("Policies\n");
    for (enum fate f = ADDED; f <= CHANGED; f++) {
        printf("  ");
        print_fate(c, f);
    }
    if (c->all)
        printf("\nCompared %llu requests: every principal, action and resource of the entities%s, "
               "in %u context%s.\nThat is all that this store can ask in %s. It is not a proof: "
               "other people, objects\nand contexts may be decided otherwise.\n",
               (unsigned long long)c->compared, c->schema != NULL ? " that the schema admits" : "",
               c->contexts, c->contexts == 1 ? "" : "s", c->contexts == 1 ? "it" : "them");
    else
        printf("\nCompared the %llu requests of the list. It is not a proof: others may be "
               "decided otherwise.\n",
               (unsigned long long)c->compared);
    if (c->left_out > 0)
        printf("%u pairs of an action and a context were left out: the schema does not admit the "
               "context.\n",
               c->left_out);
    print_change(c, DIFF_NEWLY_ALLOWED, "NEWLY ALLOWED");
    print_change(c, DIFF_NEWLY_DENIED, "Newly denied");
    print_change(c, DIFF_OTHER_REASONS, "Same decision, other reasons");
}

static void print_json(const struct comparison *c)
{
    static const char *const names[] = {"newlyAllowed", "newlyDenied", "otherReasons"};

    printf("{\"policies\":{");
    for (enum fate f = ADDED; f <= CHANGED; f++)
        print_fate(c, f);
    printf("},\"all\":%s,\"contexts\":%u,\"leftOut\":%u,\"compared\":%llu",
           c->all ? "true" : "false", c->contexts, c->left_out, (unsigned long long)c->compared);
    for (int i = 0; i < DIFF_SAME; i++) {
        const struct change *change = &c->changes[i];
        printf(",\"%s\":{\"count\":%llu,\"samples\":[", names[i],
               (unsigned long long)change->count);
        for (uint32_t k = 0; k < change->sample_count; k++)
            printf("%s%s", k > 0 ? "," : "", change->samples[k].json);
        printf("]}");
    }
    printf("}\n");
}

void comparison_print(const struct comparison *c)
{
    if (c->json)
        print_json(c);
    else
        print_text(c);
}
