#include <stdlib.h>
#include <string.h>

#include "policy/decide.h"

int cedar_scratch_new(size_t bytes, struct cedar_scratch **ret_scratch)
{
    struct cedar_scratch *s = calloc(1, sizeof *s);

    if (s == NULL)
        return CEDAR_ERR_MEMORY;
    if (arena_init_fixed(&s->arena, bytes) != 0) {
        free(s);
        return CEDAR_ERR_MEMORY;
    }
    *ret_scratch = s;
    return 0;
}

void cedar_scratch_free(struct cedar_scratch *scratch)
{
    if (scratch == NULL)
        return;
    arena_free(&scratch->arena);
    free(scratch);
}

bool request_is_decidable(const struct cedar_policies *policies,
                          const struct cedar_entities *entities,
                          const struct cedar_request *request)
{
    return entities->state == ENTITIES_FROZEN && entities->policies == policies &&
           request->principal.tag == VALUE_ENTITY && request->action.tag == VALUE_ENTITY &&
           request->resource.tag == VALUE_ENTITY && request->context.tag == VALUE_RECORD;
}

enum outcome { OUTCOME_ERRED, OUTCOME_NOT_SATISFIED, OUTCOME_SATISFIED };

/* What one condition says; false if it errs. */
static inline bool eval_step(struct eval *ev, const struct step *s, bool *ret)
{
    uint8_t known = s->shared == 0 ? 0 : ev->shared[s->shared - 1];
    const struct eval_place *place;
    enum path_state state;

    if (known != 0) {
        *ret = known == 2;
        return true;
    }
    if (s->row != 0) {
        state = eval_row(ev, s->row, &place);
        *ret = state == PATH_FOUND && (s->is_has || place->value->number != 0);
        if (s->is_has ? state == PATH_FOUND || state == PATH_ABSENT
                      : state == PATH_FOUND && place->value->tag == VALUE_BOOL)
            return true;
    }
    return eval_bool(ev, s->node, ret);
}

/* The scope matched: whether all clauses hold. */
static enum outcome eval_steps(struct eval *ev, const struct policy *policy)
{
    uint32_t at = policy->step_first;

    while (at < STEP_NOT_SATISFIED) {
        const struct step *s = &ev->policies->steps.at[at];
        bool value;
        if (!eval_step(ev, s, &value))
            return OUTCOME_ERRED;
        at = value ? s->yes : s->no;
    }
    return at == STEP_SATISFIED ? OUTCOME_SATISFIED : OUTCOME_NOT_SATISFIED;
}

static void describe_fault(const struct eval *ev, uint32_t number, struct cedar_fault *ret)
{
    ret->policy = number;
    policies_place(ev->policies, ev->policies->spans.at[ev->fault.node].start, &ret->line,
                   &ret->column);
    fault_print(ev, ret->message, sizeof ret->message);
}

/* What all policies say, each list ascending. */
struct tally {
    uint32_t *permits, *forbids, *erring;
    uint32_t permit_count, forbid_count, erring_count;
    struct cedar_fault first_fault;
};

/* False when the memory of the decision is used up. */
static bool tally_policy(struct eval *ev, uint32_t number, struct tally *t)
{
    const struct policy *policy = &ev->policies->policies.at[number];
    size_t mark = arena_mark(ev->scratch);

    if (!eval_scope(ev, policy))
        return true;
    enum outcome outcome = eval_steps(ev, policy);
    arena_rewind(ev->scratch, mark);
    if (outcome == OUTCOME_ERRED && ev->fault.kind == FAULT_MEMORY)
        return false;
    if (outcome == OUTCOME_ERRED && t->erring_count == 0)
        describe_fault(ev, number, &t->first_fault);
    if (outcome == OUTCOME_ERRED)
        t->erring[t->erring_count++] = number;
    else if (outcome == OUTCOME_SATISFIED && policy->is_forbid)
        t->forbids[t->forbid_count++] = number;
    else if (outcome == OUTCOME_SATISFIED)
        t->permits[t->permit_count++] = number;
    return true;
}

static bool tally_policies(struct eval *ev, struct tally *t)
{
    uint32_t words = (ev->policies->policies.count + 63) / 64;
    uint64_t *bits = arena_take(ev->scratch, (words + 1) * sizeof *bits);

    if (bits == NULL)
        return false;
    memset(bits, 0, words * sizeof *bits);
    uint32_t most = index_candidates(ev, bits);
    uint32_t *numbers = arena_take(ev->scratch, 3 * sizeof *numbers * most + 1);
    if (numbers == NULL)
        return false;
    *t = (struct tally){
        .permits = numbers, .forbids = numbers + most, .erring = numbers + 2 * (size_t)most};
    for (uint32_t w = 0; w < words; w++)
        for (uint64_t left = bits[w]; left != 0; left &= left - 1)
            if (!tally_policy(ev, 64 * w + (uint32_t)__builtin_ctzll(left), t))
                return false;
    return true;
}

enum cedar_decision cedar_decide(const struct cedar_policies *policies,
                                 const struct cedar_entities *entities,
                                 const struct cedar_request *request, enum cedar_on_error on_error,
                                 struct cedar_scratch *scratch, struct cedar_result *ret_result)
{
    struct eval ev;
    struct cedar_result r = {.decision = CEDAR_DENY, .cause = CEDAR_NOT_DECIDED};
    uint8_t shared[SHARED_MAX];
    struct eval_paths paths;
    struct tally t;

    *ret_result = r;
    arena_rewind(&scratch->arena, 0);
    if (!request_is_decidable(policies, entities, request))
        return CEDAR_DENY;
    eval_begin(&ev, policies, entities, request, &scratch->arena);
    memset(shared, 0, policies->shared_count);
    ev.shared = shared;
    memset(paths.states, PATH_UNKNOWN, policies->path_count);
    ev.paths = &paths;
    if (!tally_policies(&ev, &t))
        return CEDAR_DENY;
    r.erring = t.erring;
    r.erring_count = t.erring_count;
    r.first_fault = t.first_fault;
    r.determining = t.forbid_count > 0 ? t.forbids : t.permits;
    r.determining_count = t.forbid_count;
    if (t.erring_count > 0 && on_error != CEDAR_SKIP_ON_ERROR) {
        r.cause = CEDAR_POLICY_ERROR;
    } else if (t.forbid_count > 0) {
        r.cause = CEDAR_FORBIDDEN;
    } else if (t.permit_count == 0) {
        r.cause = CEDAR_NOT_PERMITTED;
    } else {
        r.cause = CEDAR_PERMITTED;
        r.decision = CEDAR_ALLOW;
        r.determining_count = t.permit_count;
    }
    *ret_result = r;
    return r.decision;
}

int cedar_evaluate(const struct cedar_policies *expression, const struct cedar_entities *entities,
                   const struct cedar_request *request, struct cedar_scratch *scratch,
                   struct cedar_value *ret_value, struct cedar_fault *ret_fault)
{
    struct eval ev;

    *ret_fault = (struct cedar_fault){0};
    arena_rewind(&scratch->arena, 0);
    if (!request_is_decidable(expression, entities, request) || expression->clauses.count != 1)
        return CEDAR_ERR_STATE;
    eval_begin(&ev, expression, entities, request, &scratch->arena);
    if (eval_node(&ev, expression->clauses.at[0].node, ret_value))
        return 0;
    if (ev.fault.kind == FAULT_MEMORY)
        return CEDAR_ERR_LIMIT;
    describe_fault(&ev, 0, ret_fault);
    return CEDAR_ERR_VALUE;
}

char *cedar_value_print(const struct cedar_entities *entities, struct cedar_value value, char *out,
                        size_t size)
{
    struct writer w = {out, size, 0};

    if (size > 0)
        out[0] = '\0';
    value_write(&w, &entities->symbols, &value);
    return out;
}
