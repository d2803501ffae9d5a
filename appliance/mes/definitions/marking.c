/* How a program, its parts and its documents are marked. */
#include <stdio.h>
#include <string.h>

#include "appliance/mes/definitions/marking.h"

#define V(name)           body_value(command->body, #name)
#define COPY(field, view) entity_text(row->field, sizeof row->field, view)

int markings_apply(struct mes *mes, const struct event *event)
{
    const struct event_marking_defined *m = &event->marking_defined;
    size_t n;
    if (event->number != EVENT_MARKING_DEFINED)
        return ERR_UNKNOWN;
    int r = rows_add(mes->entities, ENTITY_MARKING, &n);
    if (r)
        return r;
    struct marking_row *row = entities_marking_row(mes->entities, n);
    COPY(object, m->object);
    row->level = m->level;
    row->itar = m->itar;
    row->ear = m->ear;
    COPY(category, m->category);
    COPY(party, m->party);
    COPY(dissem, m->dissem);
    COPY(rel_to, m->rel_to);
    COPY(ldc, m->ldc);
    COPY(list, m->list);
    COPY(contract, m->contract);
    COPY(excluded, m->excluded);
    COPY(zones, m->zones);
    COPY(group, m->group);
    COPY(source, m->source);
    row->since_ms = event->common.utc_ms;
    return 0;
}

/* ---- defining ---- */

/* NULL, or the first word of ${text} that is none of ${words} (with spaces around). */
static const char *unknown_word(struct command *command, struct bytes_view text, const char *words)
{
    char word[40];
    for (uint32_t at = 0; at < text.length;) {
        uint32_t end = at;
        while (end < text.length && text.data[end] != ' ')
            end++;
        if (end == at || end - at > 30)
            return mes_print(command, "%s", "an empty or too long word");
        snprintf(word, sizeof word, " %.*s ", (int)(end - at), (const char *)text.data + at);
        if (!strstr(words, word))
            return mes_print(command, "%.*s", (int)(end - at), (const char *)text.data + at);
        at = end + (end < text.length);
    }
    return NULL;
}

static const char *unknown_country(struct command *command, struct bytes_view text)
{
    for (uint32_t at = 0; at < text.length; at += 4) {
        bool ends = at + 3 == text.length || (at + 4 < text.length && text.data[at + 3] == ' ');
        if (at + 3 > text.length || !ends ||
            !attribute_country_is_known(bytes_view_of(text.data + at, 3)))
            return mes_print(command, "%.*s", (int)(text.length - at),
                             (const char *)text.data + at);
    }
    return NULL;
}

/* NULL, or the first word that no person's employer, or no station's zone, can be. */
static const char *wrong_code(struct command *command, struct bytes_view text,
                              enum attribute_number attribute)
{
    const struct attribute *a = attribute_by_number(attribute);
    for (uint32_t at = 0; at < text.length;) {
        uint32_t end = at;
        while (end < text.length && text.data[end] != ' ')
            end++;
        bool more = end < text.length;
        if (attribute_refuse(a, bytes_view_of(text.data + at, end - at)) ||
            (more && end + 1 == text.length))
            return mes_print(command, "%.*s", (int)(text.length - at),
                             (const char *)text.data + at);
        at = end + more;
    }
    return NULL;
}

bool marking_is_of(const struct mes *mes, struct bytes_view object)
{
    if (bytes_equal_text(object, "program"))
        return mes_program(mes) != NULL;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_MATERIAL); i++)
        if (bytes_equal_text(object, entities_material(mes->entities, i)->number))
            return true;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_ROUTE); i++)
        if (bytes_equal_text(object, entities_route(mes->entities, i)->part))
            return true;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_DOCUMENT); i++)
        if (bytes_equal_text(object, entities_document(mes->entities, i)->number))
            return true;
    return false;
}

/* It is decided on as it is marked now: who may not see it does not mark it either.  What is not
 * there is answered as what is forbidden. */
void marking_subject(const struct mes *mes, const struct body *body, struct subject *s)
{
    static char object[33];
    struct bytes_view text = body_value(body, "object")->text;
    entity_text(object, sizeof object, text);
    s->exists = marking_is_of(mes, text);
    s->marking = mes_marking_of(mes, object);
}

int64_t marking_basis(const struct mes *mes, const char *object)
{
    int64_t program = 0;
    for (size_t i = rows_count(mes->entities, ENTITY_MARKING); i-- > 0;) {
        const char *of = entities_marking_row(mes->entities, i)->object;
        if (strcmp(of, object) == 0)
            return (int64_t)i + 1;
        if (!program && strcmp(of, "program") == 0)
            program = (int64_t)i + 1;
    }
    return program;
}

bool marking_present(const struct mes *mes, const char *object, struct marking *out)
{
    int64_t basis = marking_basis(mes, object);
    const struct program_info *program = mes_program(mes);
    *out = (struct marking){0};
    if (basis)
        marking_of_row(entities_marking_row(mes->entities, (size_t)basis - 1), out);
    else if (program)
        *out = (struct marking){.level = program->level, .itar = program->export_controlled};
    return basis != 0;
}

/* Whoever has not said more than the program's definition did has not lowered it. */
static const char *what_opens(const struct mes *mes, const struct event_marking_defined *m)
{
    struct marking_row row = {.level = m->level, .itar = m->itar, .ear = m->ear};
    struct marking before, after;
    entity_text(row.object, sizeof row.object, m->object);
    bool said = marking_present(mes, row.object, &before);
    if (!said)
        return m->level < before.level       ? "the level goes down"
               : before.itar && m->itar == 0 ? "it would be ITAR technical data no more"
               : m->party.length             ? "a party, whose employees are exempt"
               : m->contract.length          ? "a contract, whose people may see it"
                                             : NULL;
#define SAY(field) entity_text(row.field, sizeof row.field, m->field)
    SAY(category);
    SAY(party);
    SAY(dissem);
    SAY(rel_to);
    SAY(ldc);
    SAY(list);
    SAY(contract);
    SAY(excluded);
    SAY(zones);
    SAY(group);
#undef SAY
    marking_of_row(&row, &after);
    return marking_opens(&before, &after);
}

static bool refuse(struct command *command, const char *field, const char *word, const char *what)
{
    return mes_refuse(command, 409, field, mes_print(command, "%s: \"%s\" %s", field, word, what),
                      "Nothing was marked.", "Take it as it stands in the source document.") == 0;
}

/* Are the words of one of the fields none?  Then the answer says so. */
static bool refuse_words(struct command *command)
{
    static const char codes[] = "does not begin with words of letters, digits and . _ : / + - ( ), "
                                "at most 64 bytes each, one space between them";
    const char *wrong = unknown_word(command, V(dissem)->text, " NOFORN ORCON PROPIN FGI ");
    if (wrong)
        return refuse(command, "dissem", wrong, "is none of NOFORN ORCON PROPIN FGI");
    /* only the designating agency applies these: the words are closed */
    wrong = unknown_word(command, V(ldc)->text, " NOCON FEDONLY FEDCON DL DISPLAY ");
    if (wrong)
        return refuse(command, "ldc", wrong, "is none of NOCON FEDONLY FEDCON DL DISPLAY");
    wrong = unknown_country(command, V(rel_to)->text);
    if (wrong)
        return refuse(command, "rel_to", wrong, "is not a country's three letters of ISO 3166-1");
    wrong = V(category)->text.length
                ? wrong_code(command, V(category)->text, ATTRIBUTE_AUTHORIZATION)
                : NULL;
    if (wrong)
        return refuse(command, "category", wrong, codes);
    if (unknown_word(command, V(ldc)->text, " NOCON FEDONLY FEDCON DISPLAY ") &&
        V(list)->text.length == 0)
        return refuse(command, "list", "",
                      "is no list: DL is for the people on one, and nobody would "
                      "be left, not even to mark it again");
    wrong = wrong_code(command, V(excluded)->text, ATTRIBUTE_EMPLOYER);
    if (wrong)
        return refuse(command, "excluded", wrong, codes);
    wrong = wrong_code(command, V(zones)->text, ATTRIBUTE_ZONE);
    return wrong && refuse(command, "zones", wrong, codes);
}

int markings_run(struct command *command)
{
    struct event event = {.number = EVENT_MARKING_DEFINED};
    struct event_marking_defined *m = &event.marking_defined;
    if (refuse_words(command))
        return 0;
    m->object = V(object)->text;
    m->level = (uint8_t)V(level)->number;
    m->itar = (uint8_t)V(itar)->number;
    m->ear = (uint8_t)V(ear)->number;
    m->category = V(category)->text;
    m->party = V(party)->text;
    m->dissem = V(dissem)->text;
    m->rel_to = V(rel_to)->text;
    m->ldc = V(ldc)->text;
    m->list = V(list)->text;
    m->contract = V(contract)->text;
    m->excluded = V(excluded)->text;
    m->zones = V(zones)->text;
    m->group = V(group)->text;
    m->source = V(source)->text;
    const char *opens = what_opens(command->mes, m);
    return opens ? marking_propose(command, m, opens) : mes_emit(command, &event);
}

/* ---- asking ---- */

void marking_of_row(const struct marking_row *row, struct marking *out)
{
    struct marking *m = out;
    *m = (struct marking){.level = row->level, .itar = row->itar, .ear = row->ear};
    strcpy(m->id, row->object);
    strcpy(m->category, row->category);
    strcpy(m->party, row->party);
    m->noforn = strstr(row->dissem, "NOFORN") != NULL;
    strcpy(m->rel_to, row->rel_to);
    strcpy(m->dissem, row->dissem);
    strcpy(m->ldc, row->ldc);
    strcpy(m->list, row->list);
    strcpy(m->contract, row->contract);
    strcpy(m->excluded, row->excluded);
    strcpy(m->zones, row->zones);
    strcpy(m->group, row->group);
}

size_t mes_markings(const struct mes *mes, int64_t at_ms, struct marking *out, size_t max)
{
    const struct program_info *program = mes_program(mes);
    size_t count = 0;
    if (program && max) {
        out[count] = (struct marking){.level = program->level, .itar = program->export_controlled};
        strcpy(out[count++].id, "program");
    }
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_MARKING); i++) {
        const struct marking_row *row = entities_marking_row(mes->entities, i);
        size_t at = 0;
        if (row->since_ms > at_ms)
            continue;
        while (at < count && strcmp(out[at].id, row->object) != 0)
            at++;
        if (at == count && count == max)
            continue;
        count += at == count;
        marking_of_row(row, &out[at]);
    }
    return count;
}

const char *mes_marking_of(const struct mes *mes, const char *object)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_MARKING); i++)
        if (strcmp(entities_marking_row(mes->entities, i)->object, object) == 0)
            return object;
    return mes_program(mes) ? "program" : NULL;
}

bool mes_sees(struct command *command, const char *part)
{
    const char *marking = mes_marking_of(command->mes, part);
    return !command->sees || !marking || command->sees(command, marking);
}
