/* Documents: in one part or several, each sent, kept, decided and shown by itself. */
#include <string.h>

#include "appliance/mes/mes.h"

#define COPY(field, view) entity_text(row->field, sizeof row->field, view)
#define V(name)           body_value(command->body, #name)

/* How many parts lie here for a document that is not defined yet, or before the last of one. */
static int64_t parts_before(const struct mes *mes, const uint8_t document[static 16],
                            size_t *ret_first)
{
    size_t newest;
    if (!rows_find(mes->entities, ENTITY_DOCUMENT_PART, document, ret_first))
        return 0;
    newest = (size_t)entities_document_part(mes->entities, *ret_first)->newest;
    return entities_document_part(mes->entities, newest)->part;
}

/* ---- applying ---- */

static int apply_part(struct mes *mes, const struct event_document_part_added *m)
{
    size_t first, n;
    int64_t before = parts_before(mes, m->document, &first);
    if (m->part != before + 1)
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_DOCUMENT_PART, &n);
    if (r)
        return r;
    struct document_part *row = entities_document_part(mes->entities, n);
    memcpy(row->document, m->document, 16);
    row->part = m->part;
    memcpy(row->digest, m->digest, 32);
    row->length = m->length;
    struct document_part *head = before ? entities_document_part(mes->entities, first) : row;
    row->before = head->newest;
    head->newest = (int64_t)n;
    if (before)
        rows_touch(mes->entities, ENTITY_DOCUMENT_PART, first);
    return rows_index(mes->entities, ENTITY_DOCUMENT_PART, n);
}

static int apply_document(struct mes *mes, const struct event_document_defined *m)
{
    size_t n, first;
    int r = rows_add(mes->entities, ENTITY_DOCUMENT, &n);
    if (r)
        return r;
    struct document *row = entities_document(mes->entities, n);
    memcpy(row->document, m->document, 16);
    COPY(number, m->number);
    COPY(revision, m->revision);
    COPY(title, m->title);
    row->technical = m->technical;
    memcpy(row->digest, m->digest, 32);
    row->length = m->length;
    row->parts = parts_before(mes, m->document, &first) + 1;
    return rows_index(mes->entities, ENTITY_DOCUMENT, n);
}

int documents_apply(struct mes *mes, const struct event *event)
{
    switch (event->number) {
    case EVENT_DOCUMENT_PART_ADDED:
        return apply_part(mes, &event->document_part_added);
    case EVENT_DOCUMENT_DEFINED:
        return apply_document(mes, &event->document_defined);
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- operations ---- */

/* Is it part ${part} that comes next?  Else it is refused, and false. */
static bool is_next(struct command *command, const char *field, int64_t part)
{
    const uint8_t *document = V(document)->bytes;
    size_t n;
    if (rows_find(command->mes->entities, ENTITY_DOCUMENT, document, &n)) {
        (void)mes_refuse(command, 409, "document", "A document of this id is defined already.",
                         "The document that is there is unchanged.",
                         "A new revision is a document with an id of its own.");
        return false;
    }
    int64_t next = parts_before(command->mes, document, &n) + 1;
    if (part == next)
        return true;
    (void)mes_refuse(command, 409, field,
                     mes_print(command, "Part %lld of this document is the next, not part %lld.",
                               (long long)next, (long long)part),
                     "The parts that came are kept.",
                     "Send the parts in order, the last one as the content of the document.");
    return false;
}

static int add_part(struct command *command, struct event *e)
{
    struct event_document_part_added *m = &e->document_part_added;
    if (!is_next(command, "part", V(part)->number))
        return 0;
    e->number = EVENT_DOCUMENT_PART_ADDED;
    memcpy(m->document, V(document)->bytes, 16);
    m->part = (uint32_t)V(part)->number;
    m->length = V(content)->text.length;
    return store_document_put(command->mes->store, V(content)->text, m->digest);
}

static int define(struct command *command, struct event *e)
{
    struct event_document_defined *m = &e->document_defined;
    if (!is_next(command, "parts", V(parts)->present ? V(parts)->number : 1))
        return 0;
    e->number = EVENT_DOCUMENT_DEFINED;
    memcpy(m->document, V(document)->bytes, 16);
    m->number = V(number)->text;
    m->revision = V(revision)->text;
    m->title = V(title)->text;
    m->technical = (uint8_t)V(technical)->number;
    m->length = V(content)->text.length;
    return store_document_put(command->mes->store, V(content)->text, m->digest);
}

/* The digest of part ${part} of ${parts}. */
static const uint8_t *digest_of(const struct mes *mes, const struct document *d, int64_t part)
{
    size_t n;
    if (part == d->parts || parts_before(mes, d->document, &n) == 0)
        return d->digest;
    n = (size_t)entities_document_part(mes->entities, n)->newest;
    while (entities_document_part(mes->entities, n)->part > part)
        n = (size_t)entities_document_part(mes->entities, n)->before;
    return entities_document_part(mes->entities, n)->digest;
}

static int show(struct command *command)
{
    const struct document *d = entities_document(command->mes->entities, command->subject.number);
    int64_t part = V(part)->present ? V(part)->number : 1;
    struct bytes_put *out = command->out;
    size_t length;
    if (part > d->parts)
        return mes_refuse(command, 404, "part",
                          mes_print(command, "This document has %lld parts.", (long long)d->parts),
                          "", "Open it again.");
    int r = store_document_get(command->mes->store, digest_of(command->mes, d, part), out->at,
                               (size_t)(out->end - out->at), &length);
    if (r)
        return r;
    out->at += length;
    command->raw = true;
    return 0;
}

int documents_run(struct command *command)
{
    struct event event = {.number = EVENT_NONE};
    if (command->operation->number == OPERATION_GET_DOCUMENT)
        return show(command);
    int r = command->operation->number == OPERATION_ADD_DOCUMENT_PART ? add_part(command, &event)
                                                                      : define(command, &event);
    return r || command->status != 200 ? r : mes_emit(command, &event);
}
