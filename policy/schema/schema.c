#include "policy/schema/schema.h"

#include "policy/parse.h"

uint32_t schema_entity_type(const struct cedar_schema *s, struct text name)
{
    uint32_t symbol;

    return symbols_find(&s->symbols, name, &symbol) ? s->entity_type_of[symbol] : UINT32_MAX;
}

uint32_t schema_action(const struct cedar_schema *s, struct text type, struct text id)
{
    uint32_t low = 0, high = s->actions.count, t, i;

    if (!symbols_find(&s->symbols, type, &t) || !symbols_find(&s->symbols, id, &i))
        return UINT32_MAX;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2, number = s->action_order[middle];
        struct uid uid = s->actions.at[number].uid;
        if (uid.type == t && uid.id == i)
            return number;
        if (uid.type < t || (uid.type == t && uid.id < i))
            low = middle + 1;
        else
            high = middle;
    }
    return UINT32_MAX;
}

bool schema_has_action_type(const struct cedar_schema *s, struct text name)
{
    uint32_t symbol;

    if (!symbols_find(&s->symbols, name, &symbol))
        return false;
    for (uint32_t i = 0; i < s->actions.count; i++)
        if (s->actions.at[i].uid.type == symbol)
            return true;
    return false;
}

const struct schema_attribute *schema_attribute_find(const struct cedar_schema *s, uint32_t record,
                                                     struct text name)
{
    uint32_t low = s->types.at[record].a, high = s->types.at[record].b, symbol;

    if (!symbols_find(&s->symbols, name, &symbol))
        return NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct schema_attribute *a = &s->attributes.at[middle];
        if (a->name == symbol)
            return a;
        if (a->name < symbol)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool schema_run_has(const struct cedar_schema *s, struct run run, uint32_t number)
{
    uint32_t low = run.first, high = run.first + run.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->numbers.at[middle] == number)
            return true;
        if (s->numbers.at[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool schema_entity_in(const struct cedar_schema *s, uint32_t child, uint32_t group)
{
    return schema_run_has(s, s->entity_types.at[child].ancestors, group);
}

static void write_record(struct writer *w, const struct cedar_schema *s, struct schema_type t)
{
    writer_text(w, text_of("{"));
    for (uint32_t i = t.a; i < t.b; i++) {
        const struct schema_attribute *a = &s->attributes.at[i];
        struct text name = symbols_text(&s->symbols, a->name);
        struct token word = lex(name.data, 0, name.length);
        bool plain =
            word.kind == TOKEN_IDENTIFIER && word.span.start == 0 && word.span.end == name.length;
        writer_text(w, text_of(i > t.a ? ", " : ""));
        if (plain)
            writer_text(w, name);
        else
            writer_quoted(w, name);
        writer_text(w, text_of(a->is_required ? ": " : "?: "));
        schema_type_write(w, s, a->type);
    }
    writer_text(w, text_of("}"));
}

void schema_type_write(struct writer *w, const struct cedar_schema *s, uint32_t type)
{
    static const char *const words[] = {
        [TYPE_BOOL] = "Bool",         [TYPE_LONG] = "Long",     [TYPE_STRING] = "String",
        [TYPE_DECIMAL] = "decimal",   [TYPE_IPADDR] = "ipaddr", [TYPE_DATETIME] = "datetime",
        [TYPE_DURATION] = "duration",
    };
    struct schema_type t = s->types.at[type];

    if (w->at + 1 >= w->size) /* the rest would be cut, and could be long */
        return;
    switch (t.kind) {
    case TYPE_NONE:
        break;
    case TYPE_ENTITY:
        writer_text(w, symbols_text(&s->symbols, s->entity_types.at[t.a].name));
        break;
    case TYPE_ACTION:
        writer_text(w, symbols_text(&s->symbols, t.a));
        break;
    case TYPE_SET:
        writer_text(w, text_of("Set<"));
        schema_type_write(w, s, t.a);
        writer_text(w, text_of(">"));
        break;
    case TYPE_RECORD:
        write_record(w, s, t);
        break;
    default:
        writer_text(w, text_of(words[t.kind]));
        break;
    }
}

bool schema_suggest(const struct text *names, uint32_t count, struct text wrong, struct text *ret)
{
    unsigned least = wrong.length < 4 ? 2 : 3;
    bool found = false;

    for (uint32_t i = 0; i < count; i++) {
        unsigned d = text_distance(wrong, names[i]);
        if (d < least) {
            least = d;
            *ret = names[i];
            found = true;
        }
    }
    return found;
}
