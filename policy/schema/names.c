#include "policy/schema/names.h"

#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

static const char *const builtin_names[BUILTINS] = {
#define BUILTIN(name, kind) name,
    BUILTIN_LIST(BUILTIN)
#undef BUILTIN
};

/* ---- taking up ---- */

static bool join(struct names *n, uint32_t space, uint32_t name, struct place place, uint32_t *ret)
{
    struct text path;

    return (raw_join(n->raw, space, name, &path) || raw_no_memory(n->raw, place)) &&
           raw_symbol(n->raw, place, path, ret);
}

/* Every symbol that a declaration brings must be there before the tables by symbol are made. */
static bool add_paths(struct names *n)
{
    struct raw *raw = n->raw;
    uint32_t ignored, action;
    bool ok = true;

    for (uint32_t i = 0; ok && i < raw->entity_types.count; i++) {
        const struct raw_entity_type *e = &raw->entity_types.at[i];
        ok = join(n, e->space, e->name, e->place, &n->entity_paths[i]);
    }
    for (uint32_t i = 0; ok && i < raw->commons.count; i++) {
        const struct raw_common *c = &raw->commons.at[i];
        ok = join(n, c->space, c->name, c->place, &n->common_paths[i]);
    }
    for (uint32_t i = 0; ok && i < raw->actions.count; i++) {
        const struct raw_action *a = &raw->actions.at[i];
        ok = raw_symbol(raw, a->place, text_of("Action"), &action) &&
             join(n, a->space, action, a->place, &n->action_types[i]);
    }
    for (uint32_t i = 0; ok && i < BUILTINS; i++) {
        char path[32];
        struct writer w = {path, sizeof path, 0};
        writer_format(&w, "__cedar::%s", builtin_names[i]);
        ok = symbols_add(&raw->schema->symbols, text_of(path), &ignored) == 0 &&
             symbols_add(&raw->schema->symbols, text_of(builtin_names[i]), &ignored) == 0;
    }
    return ok;
}

static bool is_twice(struct names *n, struct place place, uint32_t symbol)
{
    struct text t = raw_text(n->raw, symbol);

    return raw_fail(n->raw, CEDAR_ERR_DUPLICATE, place, "keep one of them",
                    "`%.*s` is declared twice", (int)t.length, t.data);
}

static bool take_up(struct names *n)
{
    struct raw *raw = n->raw;

    for (uint32_t i = 0; i < raw->entity_types.count; i++) {
        const struct raw_entity_type *e = &raw->entity_types.at[i];
        if (text_is(raw_text(raw, e->name), "Action"))
            return raw_fail(raw, CEDAR_ERR_NAME, e->place, "actions are declared with `action`",
                            "`Action` is the type of all actions, it is not declared");
        if (n->entity_of[n->entity_paths[i]] != NOT_DECLARED)
            return is_twice(n, e->place, n->entity_paths[i]);
        n->entity_of[n->entity_paths[i]] = i;
    }
    for (uint32_t i = 0; i < raw->commons.count; i++) {
        if (n->common_of[n->common_paths[i]] != NOT_DECLARED)
            return is_twice(n, raw->commons.at[i].place, n->common_paths[i]);
        n->common_of[n->common_paths[i]] = i;
    }
    return true;
}

/* One fragment has a namespace once. */
static bool check_spaces(struct names *n)
{
    const struct raw *raw = n->raw;
    uint32_t *seen_in = calloc((size_t)n->symbols + 1, sizeof *seen_in);
    bool ok = true;

    if (seen_in == NULL)
        return false;
    for (uint32_t i = 0; ok && i < raw->spaces.count; i++) {
        const struct raw_space *s = &raw->spaces.at[i];
        if (s->name == NO_NAME)
            continue;
        if (seen_in[s->name] == s->place.fragment + 1)
            ok = raw_fail(n->raw, CEDAR_ERR_DUPLICATE, s->place,
                          "put its declarations into the first one",
                          "this namespace stands here twice");
        seen_in[s->name] = s->place.fragment + 1;
    }
    free(seen_in);
    return ok;
}

/* ---- the empty namespace is seen from all others, so nothing in them may hide what is in it ----
 */

static bool check_hidden(struct names *n, const bool *in_empty, uint32_t space, uint32_t name,
                         struct place place)
{
    struct text t = raw_text(n->raw, name);

    return n->raw->spaces.at[space].name == NO_NAME || !in_empty[name] ||
           raw_fail(n->raw, CEDAR_ERR_NAME, place, "choose another name",
                    "this hides the `%.*s` that is declared outside of any namespace",
                    (int)t.length, t.data);
}

static bool check_types_hidden(struct names *n, bool *in_empty)
{
    struct raw *raw = n->raw;
    bool ok = true;

    for (uint32_t i = 0; i < raw->entity_types.count; i++)
        in_empty[raw->entity_types.at[i].name] |=
            raw->spaces.at[raw->entity_types.at[i].space].name == NO_NAME;
    for (uint32_t i = 0; i < raw->commons.count; i++)
        in_empty[raw->commons.at[i].name] |=
            raw->spaces.at[raw->commons.at[i].space].name == NO_NAME;
    for (uint32_t i = 0; ok && i < raw->entity_types.count; i++)
        ok = check_hidden(n, in_empty, raw->entity_types.at[i].space, raw->entity_types.at[i].name,
                          raw->entity_types.at[i].place);
    for (uint32_t i = 0; ok && i < raw->commons.count; i++)
        ok = check_hidden(n, in_empty, raw->commons.at[i].space, raw->commons.at[i].name,
                          raw->commons.at[i].place);
    return ok;
}

static bool check_actions_hidden(struct names *n, bool *in_empty)
{
    struct raw *raw = n->raw;
    bool ok = true;

    memset(in_empty, 0, n->symbols * sizeof *in_empty);
    for (uint32_t i = 0; i < raw->actions.count; i++)
        in_empty[raw->actions.at[i].id] |= raw->spaces.at[raw->actions.at[i].space].name == NO_NAME;
    for (uint32_t i = 0; ok && i < raw->actions.count; i++)
        ok = check_hidden(n, in_empty, raw->actions.at[i].space, raw->actions.at[i].id,
                          raw->actions.at[i].place);
    return ok;
}

/* The builtin types are seen without `__cedar::` too, where nothing of that name is declared. */
static void add_builtins(struct names *n)
{
    const struct symbols *symbols = &n->raw->schema->symbols;
    uint32_t symbol;

    for (uint32_t i = 0; i < BUILTINS; i++) {
        char path[32];
        struct writer w = {path, sizeof path, 0};
        writer_format(&w, "__cedar::%s", builtin_names[i]);
        if (symbols_find(symbols, text_of(path), &symbol))
            n->common_of[symbol] = n->raw->commons.count + i;
        if (symbols_find(symbols, text_of(builtin_names[i]), &symbol) &&
            n->common_of[symbol] == NOT_DECLARED && n->entity_of[symbol] == NOT_DECLARED)
            n->common_of[symbol] = n->raw->commons.count + i;
    }
}

/* ---- actions ---- */

static int compare_action(const void *a, const void *b, void *context)
{
    const struct names *n = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t s = n->raw->actions.at[x].id, t = n->raw->actions.at[y].id;

    if (n->action_types[x] != n->action_types[y])
        return n->action_types[x] < n->action_types[y] ? -1 : 1;
    return s < t ? -1 : s > t;
}

static bool add_actions(struct names *n)
{
    struct raw *raw = n->raw;
    uint32_t count = raw->actions.count;

    for (uint32_t i = 0; i < count; i++) {
        n->action_order[i] = i;
        if (n->entity_of[n->action_types[i]] == NOT_DECLARED)
            n->entity_of[n->action_types[i]] = ACTION_TYPE;
    }
    if (count > 1)
        qsort_r(n->action_order, count, sizeof *n->action_order, compare_action, n);
    for (uint32_t i = 1; i < count; i++) {
        uint32_t x = n->action_order[i - 1], y = n->action_order[i];
        if (compare_action(&x, &y, n) == 0)
            return is_twice(n, raw->actions.at[x > y ? x : y].place, raw->actions.at[x].id);
    }
    return true;
}

bool names_open(struct names *n, struct raw *raw)
{
    struct place nowhere = {0, {0, 0}};
    bool *in_empty = NULL, ok = false;

    *n = (struct names){
        .raw = raw,
        .entity_paths = calloc((size_t)raw->entity_types.count + 1, sizeof *n->entity_paths),
        .common_paths = calloc((size_t)raw->commons.count + 1, sizeof *n->common_paths),
        .action_types = calloc((size_t)raw->actions.count + 1, sizeof *n->action_types),
        .action_order = calloc((size_t)raw->actions.count + 1, sizeof *n->action_order),
    };
    if (n->entity_paths == NULL || n->common_paths == NULL || n->action_types == NULL ||
        n->action_order == NULL || !add_paths(n))
        goto out;
    n->symbols = raw->schema->symbols.count;
    n->entity_of = malloc(n->symbols * sizeof *n->entity_of);
    n->common_of = malloc(n->symbols * sizeof *n->common_of);
    in_empty = calloc(n->symbols, sizeof *in_empty);
    if (n->entity_of == NULL || n->common_of == NULL || in_empty == NULL)
        goto out;
    memset(n->entity_of, 0xff, n->symbols * sizeof *n->entity_of);
    memset(n->common_of, 0xff, n->symbols * sizeof *n->common_of);
    ok = check_spaces(n) && take_up(n) && check_types_hidden(n, in_empty) &&
         check_actions_hidden(n, in_empty) && add_actions(n);
    if (ok)
        add_builtins(n);
out:
    free(in_empty);
    return ok || raw_fail(raw, CEDAR_ERR_MEMORY, nowhere, NULL, "out of memory");
}

void names_close(struct names *n)
{
    free(n->entity_of);
    free(n->common_of);
    free(n->entity_paths);
    free(n->common_paths);
    free(n->action_types);
    free(n->action_order);
}

/* ---- looking up ---- */

static bool is_qualified(struct text path)
{
    return memchr(path.data, ':', path.length) != NULL;
}

/* The symbols that ${path} may stand for in ${space}, the nearer first; only existing ones. */
static unsigned candidates(struct names *n, uint32_t space, uint32_t path, uint32_t *ret)
{
    unsigned count = 0;
    struct text joined;

    if (n->raw->spaces.at[space].name != NO_NAME && !is_qualified(raw_text(n->raw, path)) &&
        raw_join(n->raw, space, path, &joined) &&
        symbols_find(&n->raw->schema->symbols, joined, &ret[count]))
        count++;
    ret[count++] = path;
    return count;
}

/* A declared name as one would write it in ${space}. */
static struct text as_written(const struct names *n, uint32_t space, uint32_t own, uint32_t name,
                              uint32_t path)
{
    const struct raw_space *spaces = n->raw->spaces.at;

    return raw_text(n->raw, spaces[space].name == spaces[own].name ? name : path);
}

static void suggest(struct names *n, uint32_t space, struct text wrong, enum meaning meaning,
                    struct writer *w)
{
    const struct raw *raw = n->raw;
    uint32_t count = 0, room = raw->entity_types.count + raw->commons.count + BUILTINS;
    struct text *names = calloc(room, sizeof *names), near;

    if (names == NULL)
        return;
    for (uint32_t i = 0; (meaning & MEANS_ENTITY) && i < raw->entity_types.count; i++)
        names[count++] = as_written(n, space, raw->entity_types.at[i].space,
                                    raw->entity_types.at[i].name, n->entity_paths[i]);
    for (uint32_t i = 0; (meaning & MEANS_COMMON) && i < raw->commons.count; i++)
        names[count++] = as_written(n, space, raw->commons.at[i].space, raw->commons.at[i].name,
                                    n->common_paths[i]);
    for (uint32_t i = 0; (meaning & MEANS_COMMON) && i < BUILTINS; i++)
        names[count++] = text_of(builtin_names[i]);
    if (schema_suggest(names, count, wrong, &near)) {
        writer_text(w, text_of("did you mean `"));
        writer_text(w, near);
        writer_text(w, text_of("`?"));
    }
    free(names);
}

enum meaning names_find(struct names *n, uint32_t space, uint32_t path, enum meaning meaning,
                        struct place place, uint32_t *ret_number, uint32_t *ret_path)
{
    uint32_t symbols[2];
    unsigned count = candidates(n, space, path, symbols);
    enum meaning other = 0;
    struct text t = raw_text(n->raw, path);
    char help[120] = "";
    struct writer w = {help, sizeof help, 0};

    for (unsigned i = 0; i < count; i++) {
        uint32_t common = n->common_of[symbols[i]], entity = n->entity_of[symbols[i]];
        *ret_path = symbols[i];
        if (common != NOT_DECLARED && (meaning & MEANS_COMMON)) {
            *ret_number = common;
            return MEANS_COMMON;
        }
        if (entity != NOT_DECLARED && (meaning & MEANS_ENTITY)) {
            *ret_number = entity;
            return MEANS_ENTITY;
        }
        other |= common != NOT_DECLARED ? MEANS_COMMON : entity != NOT_DECLARED ? MEANS_ENTITY : 0;
    }
    suggest(n, space, t, meaning, &w);
    raw_fail(n->raw, CEDAR_ERR_UNKNOWN, place, help,
             other == MEANS_COMMON     ? "`%.*s` is a common type, an entity type is needed"
             : other == MEANS_ENTITY   ? "`%.*s` is an entity type, a common type is needed"
             : meaning == MEANS_ENTITY ? "no entity type `%.*s` is declared"
                                       : "no type `%.*s` is declared",
             (int)(t.length < 80 ? t.length : 80), t.data);
    return 0;
}

static uint32_t action_at(const struct names *n, uint32_t type, uint32_t id)
{
    uint32_t low = 0, high = n->raw->actions.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2, i = n->action_order[middle];
        uint32_t t = n->action_types[i], s = n->raw->actions.at[i].id;
        if (t == type && s == id)
            return i;
        if (t < type || (t == type && s < id))
            low = middle + 1;
        else
            high = middle;
    }
    return NOT_DECLARED;
}

static void suggest_action(struct names *n, struct text wrong, struct writer *w)
{
    uint32_t count = n->raw->actions.count;
    struct text *names = calloc((size_t)count + 1, sizeof *names), near;

    for (uint32_t i = 0; names != NULL && i < count; i++)
        names[i] = raw_text(n->raw, n->raw->actions.at[i].id);
    if (names != NULL && schema_suggest(names, count, wrong, &near)) {
        writer_text(w, text_of("did you mean "));
        writer_quoted(w, near);
        writer_text(w, text_of("?"));
    }
    free(names);
}

bool names_find_action(struct names *n, uint32_t space, const struct raw_name *name, uint32_t *ret)
{
    uint32_t symbols[2], type = name->type;
    struct text id = raw_text(n->raw, name->id);
    char help[120] = "";
    struct writer w = {help, sizeof help, 0};

    *ret = NOT_DECLARED;
    if (type != NO_NAME || symbols_find(&n->raw->schema->symbols, text_of("Action"), &type)) {
        unsigned count = candidates(n, space, type, symbols);
        for (unsigned i = 0; i < count && *ret == NOT_DECLARED; i++)
            *ret = action_at(n, symbols[i], name->id);
    }
    if (*ret != NOT_DECLARED)
        return true;
    suggest_action(n, id, &w);
    return raw_fail(n->raw, CEDAR_ERR_UNKNOWN, name->place, help,
                    "no action \"%.*s\" is declared%s", (int)(id.length < 80 ? id.length : 80),
                    id.data, name->type == NO_NAME ? "" : " with this type");
}
