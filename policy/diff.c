#include "policy/diff.h"

#include <stdlib.h>
#include <string.h>

/* For each policy of ${from} the number in ${in} of the one with the same id, or NULL. */
static uint32_t *match(const struct cedar_policies *from, const struct cedar_policies *in)
{
    uint32_t *numbers = calloc((size_t)from->policies.count + 1, sizeof *numbers);
    uint32_t *by_symbol = malloc(((size_t)in->symbols.count + 1) * sizeof *by_symbol);
    uint32_t symbol;

    if (numbers != NULL && by_symbol != NULL) {
        memset(by_symbol, 0xff, ((size_t)in->symbols.count + 1) * sizeof *by_symbol);
        for (uint32_t i = 0; i < in->policies.count; i++)
            by_symbol[in->policies.at[i].id] = i;
        for (uint32_t i = 0; i < from->policies.count; i++) {
            struct text id = symbols_text(&from->symbols, from->policies.at[i].id);
            numbers[i] = symbols_find(&in->symbols, id, &symbol) ? by_symbol[symbol] : DIFF_NONE;
        }
    } else {
        free(numbers);
        numbers = NULL;
    }
    free(by_symbol);
    return numbers;
}

int diff_open(struct diff *d, const struct cedar_policies *old_set,
              const struct cedar_policies *new_set)
{
    *d = (struct diff){.sets = {old_set, new_set}};
    d->in_new = match(old_set, new_set);
    d->in_old = match(new_set, old_set);
    return d->in_new == NULL || d->in_old == NULL ? CEDAR_ERR_MEMORY : 0;
}

void diff_close(struct diff *d)
{
    free(d->in_new);
    free(d->in_old);
    *d = (struct diff){0};
}

bool diff_policy_changed(const struct diff *d, uint32_t old_number)
{
    const struct cedar_policies *a = d->sets[0], *b = d->sets[1];
    struct span x = a->policies.at[old_number].span;
    struct span y = b->policies.at[d->in_new[old_number]].span;

    for (;;) {
        struct token s = lex(a->bytes, x.start, x.end), t = lex(b->bytes, y.start, y.end);
        if (s.kind != t.kind || !text_equal(policies_text(a, s.span), policies_text(b, t.span)))
            return true;
        if (s.kind == TOKEN_END || s.kind == TOKEN_BAD)
            return false;
        x.start = s.span.end;
        y.start = t.span.end;
    }
}

/* Whether both lists name the same policies; none is there twice. */
static bool same_policies(const struct diff *d, const uint32_t *olds, uint32_t old_count,
                          const uint32_t *news, uint32_t new_count)
{
    if (old_count != new_count)
        return false;
    for (uint32_t i = 0; i < old_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < new_count && !found; k++)
            found = d->in_new[olds[i]] == news[k];
        if (!found)
            return false;
    }
    return true;
}

enum diff_kind diff_results(const struct diff *d, const struct cedar_result *old_result,
                            const struct cedar_result *new_result)
{
    if (old_result->decision != new_result->decision)
        return new_result->decision == CEDAR_ALLOW ? DIFF_NEWLY_ALLOWED : DIFF_NEWLY_DENIED;
    if (old_result->cause == new_result->cause &&
        same_policies(d, old_result->determining, old_result->determining_count,
                      new_result->determining, new_result->determining_count) &&
        same_policies(d, old_result->erring, old_result->erring_count, new_result->erring,
                      new_result->erring_count))
        return DIFF_SAME;
    return DIFF_OTHER_REASONS;
}
