#include "policy/extension/extension.h"
#include "policy/validate/check.h"

/* ---- sets ---- */

static uint32_t wanted_set(struct check *c, uint32_t node)
{
    uint32_t type = check_value(c, node);
    char got[80];

    if (type == KNOWN_NONE || typing_is_set(&c->typing, type))
        return type;
    check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node],
                 typing_is_entity(&c->typing, type) ? "membership in an entity is `x in y`" : NULL,
                 "a set is needed here, this is %s", check_type_text(c, type, got, sizeof got));
    return KNOWN_NONE;
}

static uint32_t call_set(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    const uint32_t *argument = &c->policies->children.at[n->b];
    uint32_t set = wanted_set(c, argument[0]), other;
    char one[80], two[80];

    if (n->a == FUNCTION_IS_EMPTY)
        return KNOWN_BOOL;
    other = n->a == FUNCTION_CONTAINS ? check_value(c, argument[1]) : wanted_set(c, argument[1]);
    if (set == KNOWN_NONE || other == KNOWN_NONE)
        return KNOWN_BOOL;
    if (n->a == FUNCTION_CONTAINS)
        set = typing_at(&c->typing, set).a;
    if (typing_join(&c->typing, set, other) == KNOWN_NONE && c->typing.error == 0)
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[argument[1]], NULL,
                     n->a == FUNCTION_CONTAINS ? "the elements of the set are %s, this is %s"
                                               : "the first set is %s, this is %s",
                     check_type_text(c, set, one, sizeof one),
                     check_type_text(c, other, two, sizeof two));
    return KNOWN_BOOL;
}

/* ---- extension functions ---- */

struct signature {
    uint8_t result, self, argument; /* known types; KNOWN_NONE: there is none */
};

static const struct signature signatures[] = {
    [FUNCTION_DECIMAL] = {KNOWN_DECIMAL, KNOWN_NONE, KNOWN_STRING},
    [FUNCTION_LESS] = {KNOWN_BOOL, KNOWN_DECIMAL, KNOWN_DECIMAL},
    [FUNCTION_LESS_EQUAL] = {KNOWN_BOOL, KNOWN_DECIMAL, KNOWN_DECIMAL},
    [FUNCTION_GREATER] = {KNOWN_BOOL, KNOWN_DECIMAL, KNOWN_DECIMAL},
    [FUNCTION_GREATER_EQUAL] = {KNOWN_BOOL, KNOWN_DECIMAL, KNOWN_DECIMAL},
    [FUNCTION_IP] = {KNOWN_IPADDR, KNOWN_NONE, KNOWN_STRING},
    [FUNCTION_IS_IPV4] = {KNOWN_BOOL, KNOWN_IPADDR, KNOWN_NONE},
    [FUNCTION_IS_IPV6] = {KNOWN_BOOL, KNOWN_IPADDR, KNOWN_NONE},
    [FUNCTION_IS_LOOPBACK] = {KNOWN_BOOL, KNOWN_IPADDR, KNOWN_NONE},
    [FUNCTION_IS_MULTICAST] = {KNOWN_BOOL, KNOWN_IPADDR, KNOWN_NONE},
    [FUNCTION_IS_IN_RANGE] = {KNOWN_BOOL, KNOWN_IPADDR, KNOWN_IPADDR},
    [FUNCTION_DATETIME] = {KNOWN_DATETIME, KNOWN_NONE, KNOWN_STRING},
    [FUNCTION_OFFSET] = {KNOWN_DATETIME, KNOWN_DATETIME, KNOWN_DURATION},
    [FUNCTION_DURATION_SINCE] = {KNOWN_DURATION, KNOWN_DATETIME, KNOWN_DATETIME},
    [FUNCTION_TO_DATE] = {KNOWN_DATETIME, KNOWN_DATETIME, KNOWN_NONE},
    [FUNCTION_TO_TIME] = {KNOWN_DURATION, KNOWN_DATETIME, KNOWN_NONE},
    [FUNCTION_DURATION] = {KNOWN_DURATION, KNOWN_NONE, KNOWN_STRING},
    [FUNCTION_TO_MILLISECONDS] = {KNOWN_LONG, KNOWN_DURATION, KNOWN_NONE},
    [FUNCTION_TO_SECONDS] = {KNOWN_LONG, KNOWN_DURATION, KNOWN_NONE},
    [FUNCTION_TO_MINUTES] = {KNOWN_LONG, KNOWN_DURATION, KNOWN_NONE},
    [FUNCTION_TO_HOURS] = {KNOWN_LONG, KNOWN_DURATION, KNOWN_NONE},
    [FUNCTION_TO_DAYS] = {KNOWN_LONG, KNOWN_DURATION, KNOWN_NONE},
};

static bool is_well_formed(enum function f, struct text text)
{
    struct ipaddr ip;
    int64_t number;

    switch (f) {
    case FUNCTION_DECIMAL:
        return decimal_parse(text, &number);
    case FUNCTION_IP:
        return ipaddr_parse(text, &ip);
    case FUNCTION_DATETIME:
        return datetime_parse(text, &number);
    default:
        return duration_parse(text, &number);
    }
}

/* decimal("…") and the like: a literal that is read now, so that it cannot fail later. */
static void check_constructor(struct check *c, uint32_t node)
{
    static const char *const forms[] = {
        [FUNCTION_DECIMAL] = "write decimal(\"12.50\"), with one to four decimal places",
        [FUNCTION_IP] = "write ip(\"192.0.2.1\"), ip(\"192.0.2.0/24\") or ip(\"2001:db8::/32\")",
        [FUNCTION_DATETIME] = "write datetime(\"2026-01-31\") or "
                              "datetime(\"2026-01-31T12:00:00Z\")",
        [FUNCTION_DURATION] = "write duration(\"1d2h3m4s5ms\"), in this order",
    };
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t argument = c->policies->children.at[n->b];
    const struct node *text = &c->policies->nodes.at[argument];

    if (text->op != NODE_LITERAL || c->policies->values.at[text->a].tag != VALUE_STRING) {
        check_value(c, argument);
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[argument], forms[n->a],
                     "`%s` needs its text written out here, in quotes", function_info(n->a)->name);
        return;
    }
    struct text words = symbols_text(&c->policies->symbols, c->policies->values.at[text->a].symbol);
    c->work += words.length / 16;
    if (!is_well_formed(n->a, words))
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[argument], forms[n->a],
                     "this is no valid %s", function_info(n->a)->name);
}

static uint32_t call_extension(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    const struct signature *s = &signatures[n->a];
    uint32_t self = s->self == KNOWN_NONE ? 0 : 1;
    uint32_t wanted = self + (s->argument == KNOWN_NONE ? 0 : 1);

    if (n->c != wanted) {
        for (uint32_t i = 0; i < n->c; i++)
            check_value(c, c->policies->children.at[n->b + i]);
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node], NULL,
                     "`%s` needs %u argument%s, here are %u", function_info(n->a)->name,
                     wanted - self, wanted - self == 1 ? "" : "s", n->c - self);
    } else if (self == 0) {
        check_constructor(c, node);
    } else {
        check_wanted(c, c->policies->children.at[n->b], s->self);
        if (wanted == 2)
            check_wanted(c, c->policies->children.at[n->b + 1], s->argument);
    }
    return s->result;
}

uint32_t check_call(struct check *c, uint32_t node)
{
    switch ((enum function)c->policies->nodes.at[node].a) {
    case FUNCTION_CONTAINS:
    case FUNCTION_CONTAINS_ALL:
    case FUNCTION_CONTAINS_ANY:
    case FUNCTION_IS_EMPTY:
        return call_set(c, node);
    case FUNCTION_HAS_TAG:
    case FUNCTION_GET_TAG:
        return check_tag(c, node);
    default:
        return call_extension(c, node);
    }
}
