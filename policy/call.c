#include <string.h>

#include "policy/eval.h"
#include "policy/extension/extension.h"

#define ARGUMENTS_MAX 2 /* of any function that is called rightly */

static const struct function_info functions[] = {
#define FUNCTION(name, text, way, arguments) [name] = {text, way, arguments},
#include "policy/function.def"
#undef FUNCTION
};

const struct function_info *function_info(enum function f)
{
    return &functions[f];
}

bool function_find(struct text name, enum function *ret)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (text_is(name, functions[i].name)) {
            *ret = (enum function)i;
            return true;
        }
    return false;
}

bool extension_make(enum function f, struct text text, struct arena *arena, struct cedar_value *ret)
{
    struct ipaddr ip;
    int64_t number;

    switch (f) {
    case FUNCTION_DECIMAL:
        if (!decimal_parse(text, &number))
            return false;
        *ret = cedar_decimal(number);
        return true;
    case FUNCTION_DATETIME:
        if (!datetime_parse(text, &number))
            return false;
        *ret = cedar_datetime(number);
        return true;
    case FUNCTION_DURATION:
        if (!duration_parse(text, &number))
            return false;
        *ret = cedar_duration(number);
        return true;
    case FUNCTION_IP:
        if (!ipaddr_parse(text, &ip))
            return false;
        *ret = (struct cedar_value){.tag = VALUE_IPADDR};
        ret->ip = arena_copy(arena, &ip, sizeof ip);
        return ret->ip != NULL;
    default:
        return false;
    }
}

/* A call under way: its arguments are evaluated; ${node} is where faults point. */
struct call {
    struct eval *ev;
    uint32_t node;
    enum function function;
    const struct cedar_value *const *v;
    struct cedar_value *ret;
};

static bool need(const struct call *c, int argument, enum value_tag tag)
{
    return c->v[argument]->tag == tag ||
           eval_type(c->ev, c->node, value_tag_name(tag), c->v[argument]);
}

static bool call_set(const struct call *c)
{
    if (!need(c, 0, VALUE_SET))
        return false;
    if (c->function == FUNCTION_CONTAINS) {
        *c->ret = cedar_bool(set_contains(c->v[0], c->v[1]));
        return true;
    }
    if (c->function == FUNCTION_IS_EMPTY) {
        *c->ret = cedar_bool(c->v[0]->count == 0);
        return true;
    }
    if (!need(c, 1, VALUE_SET))
        return false;
    *c->ret = cedar_bool(c->function == FUNCTION_CONTAINS_ALL ? set_contains_all(c->v[0], c->v[1])
                                                              : set_contains_any(c->v[0], c->v[1]));
    return true;
}

static bool call_tag(const struct call *c)
{
    if (!need(c, 0, VALUE_ENTITY) || !need(c, 1, VALUE_STRING))
        return false;
    const struct entity *entity =
        eval_entity(c->ev, (struct uid){c->v[0]->uid.type, c->v[0]->uid.id});
    const struct cedar_value *found =
        entity == NULL ? NULL : fields_find(entity->tags, entity->tag_count, c->v[1]->symbol);
    if (c->function == FUNCTION_HAS_TAG) {
        *c->ret = cedar_bool(found != NULL);
        return true;
    }
    if (found == NULL) {
        eval_fail(c->ev, entity == NULL ? FAULT_NO_ENTITY : FAULT_NO_TAG, c->node);
        c->ev->fault.symbol = c->v[1]->symbol;
        return false;
    }
    *c->ret = *found;
    return true;
}

static bool call_make(const struct call *c)
{
    if (!need(c, 0, VALUE_STRING))
        return false;
    struct text text = symbols_text(&c->ev->entities->symbols, c->v[0]->symbol);
    if (extension_make(c->function, text, c->ev->scratch, c->ret))
        return true;
    return eval_fail(c->ev, c->ev->scratch->error != 0 ? FAULT_MEMORY : FAULT_EXTENSION, c->node);
}

static bool call_decimal(const struct call *c)
{
    if (!need(c, 0, VALUE_DECIMAL) || !need(c, 1, VALUE_DECIMAL))
        return false;
    int64_t a = c->v[0]->number, b = c->v[1]->number;
    *c->ret = cedar_bool(c->function == FUNCTION_LESS         ? a < b
                         : c->function == FUNCTION_LESS_EQUAL ? a <= b
                         : c->function == FUNCTION_GREATER    ? a > b
                                                              : a >= b);
    return true;
}

static bool call_ip(const struct call *c)
{
    bool value;

    if (!need(c, 0, VALUE_IPADDR))
        return false;
    if (c->function == FUNCTION_IS_IN_RANGE && !need(c, 1, VALUE_IPADDR))
        return false;
    const struct ipaddr *ip = c->v[0]->ip;
    if (c->function == FUNCTION_IS_IN_RANGE)
        value = ipaddr_in_range(ip, c->v[1]->ip);
    else if (c->function == FUNCTION_IS_LOOPBACK)
        value = ipaddr_is_loopback(ip);
    else if (c->function == FUNCTION_IS_MULTICAST)
        value = ipaddr_is_multicast(ip);
    else
        value = ip->is_v6 == (c->function == FUNCTION_IS_IPV6);
    *c->ret = cedar_bool(value);
    return true;
}

static bool call_datetime(const struct call *c)
{
    int64_t value;
    bool overflow = false;

    if (!need(c, 0, VALUE_DATETIME))
        return false;
    int64_t t = c->v[0]->number;
    if (c->function == FUNCTION_TO_TIME) {
        *c->ret = cedar_duration(datetime_time(t));
        return true;
    }
    if (c->function == FUNCTION_TO_DATE) {
        overflow = !datetime_date(t, &value);
    } else if (c->function == FUNCTION_OFFSET) {
        if (!need(c, 1, VALUE_DURATION))
            return false;
        overflow = __builtin_add_overflow(t, c->v[1]->number, &value);
    } else {
        if (!need(c, 1, VALUE_DATETIME))
            return false;
        overflow = __builtin_sub_overflow(t, c->v[1]->number, &value);
    }
    if (overflow)
        return eval_fail(c->ev, FAULT_OVERFLOW, c->node);
    *c->ret =
        c->function == FUNCTION_DURATION_SINCE ? cedar_duration(value) : cedar_datetime(value);
    return true;
}

static bool call_duration(const struct call *c)
{
    int64_t unit = c->function == FUNCTION_TO_MILLISECONDS ? 1
                   : c->function == FUNCTION_TO_SECONDS    ? 1000
                   : c->function == FUNCTION_TO_MINUTES    ? 60000
                   : c->function == FUNCTION_TO_HOURS      ? 3600000
                                                           : 86400000;

    if (!need(c, 0, VALUE_DURATION))
        return false;
    *c->ret = cedar_long(c->v[0]->number / unit);
    return true;
}

static bool call(const struct call *c)
{
    switch (c->function) {
    case FUNCTION_CONTAINS:
    case FUNCTION_CONTAINS_ALL:
    case FUNCTION_CONTAINS_ANY:
    case FUNCTION_IS_EMPTY:
        return call_set(c);
    case FUNCTION_HAS_TAG:
    case FUNCTION_GET_TAG:
        return call_tag(c);
    case FUNCTION_DECIMAL:
    case FUNCTION_IP:
    case FUNCTION_DATETIME:
    case FUNCTION_DURATION:
        return call_make(c);
    case FUNCTION_LESS:
    case FUNCTION_LESS_EQUAL:
    case FUNCTION_GREATER:
    case FUNCTION_GREATER_EQUAL:
        return call_decimal(c);
    case FUNCTION_IS_IPV4:
    case FUNCTION_IS_IPV6:
    case FUNCTION_IS_LOOPBACK:
    case FUNCTION_IS_MULTICAST:
    case FUNCTION_IS_IN_RANGE:
        return call_ip(c);
    case FUNCTION_OFFSET:
    case FUNCTION_DURATION_SINCE:
    case FUNCTION_TO_DATE:
    case FUNCTION_TO_TIME:
        return call_datetime(c);
    case FUNCTION_TO_MILLISECONDS:
    case FUNCTION_TO_SECONDS:
    case FUNCTION_TO_MINUTES:
    case FUNCTION_TO_HOURS:
    case FUNCTION_TO_DAYS:
        return call_duration(c);
    }
    return false;
}

bool extension_call(struct cedar_entities *entities, enum function f,
                    const struct cedar_value *values, uint32_t count, struct cedar_value *ret)
{
    const struct function_info *info = function_info(f);
    const struct cedar_value *v[ARGUMENTS_MAX];
    struct eval ev = {.entities = entities, .scratch = &entities->arena};

    if (info->way == METHOD || count != info->arguments + (info->way == EXTENSION ? 0U : 1U))
        return false;
    for (uint32_t i = 0; i < count; i++)
        v[i] = &values[i];
    return call(&(struct call){&ev, 0, f, v, ret});
}

bool eval_call(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    const struct function_info *info = function_info(n->a);
    const struct cedar_value *v[ARGUMENTS_MAX];
    struct cedar_value made[ARGUMENTS_MAX];

    if (n->c != info->arguments + (info->way == EXTENSION ? 0U : 1U))
        return eval_fail(ev, FAULT_ARGUMENTS, node);
    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t child = ev->policies->children.at[n->b + i];
        if (ev->policies->nodes.at[child].is_path)
            v[i] = eval_path(ev, child);
        else
            v[i] = eval_node(ev, child, &made[i]) ? &made[i] : NULL;
        if (v[i] == NULL)
            return false;
    }
    return call(&(struct call){ev, node, n->a, v, ret});
}
