#include "appliance/worker/tables.h"

#include <string.h>

#include "enclave/process/os.h"

#define FORMER   "mes"    /* the projection's name when each commit wrote the tables */
#define META     "tables" /* the digest, the number of events, and what hot_write() gave */
#define META_MAX (HOT_LENGTH + 8 + HOT_PARTS_MAX)

int tables_attach(struct tables *tables, struct store *store, struct mes *mes)
{
    uint64_t position = 0;
    *tables = (struct tables){.store = store, .mes = mes, .saved_ms = os_boot_ms()};
    int r = store_projection(store, TABLES_NAME, rows_schema(), &position);
    bool aside = r == ERR_STATE && store_is_read_only(store);
    if (r && !aside)
        return r;
    tables->anew = position == 0;
    tables->saved = position ? position - 1 : 0;
    return aside ? 0 : rows_attach(mes->entities, store_db(store));
}

int tables_load(struct tables *tables)
{
    if (tables->saved > store_size(tables->store))
        return ERR_BEHIND;
    tables->applied = tables->saved;
    return rows_load(tables->mes->entities);
}

static bool are_empty(const struct tables *tables)
{
    for (int k = 0; k < ENTITY_COUNT; k++)
        if (rows_count(tables->mes->entities, (enum entity_kind)k))
            return false;
    return true;
}

int tables_check(const struct tables *tables, struct hot *hot, enum hot_answer *ret_answer,
                 char *names, size_t size)
{
    uint8_t meta[META_MAX], digest[HOT_LENGTH];
    size_t length = 0;
    names[0] = '\0';
    *ret_answer = HOT_NOT_COMPARABLE;
    if (tables->anew && are_empty(tables))
        return 0;
    *ret_answer = HOT_DIFFERENT; /* tables are never written without it, nor before their number */
    if (tables->anew)
        return 0;
    int r = hot_follow(hot, tables->mes->entities);
    if (r == 0)
        r = store_meta_get(tables->store, META, meta, sizeof meta, &length);
    if (r)
        return r == ERR_UNKNOWN || r == ERR_SIZE ? 0 : r;
    struct bytes in = bytes_over(meta, length);
    bytes_fixed(&in, digest, sizeof digest);
    uint64_t events = bytes_u64(&in);
    if (in.error == 0 && events == tables->saved) /* which lies in another page than they do */
        *ret_answer =
            hot_compare(hot, digest, bytes_view_of(meta + HOT_LENGTH + 8, length - HOT_LENGTH - 8),
                        names, size);
    return 0;
}

static int apply(void *context, const struct store_event *stored)
{
    struct event event;
    int r = event_decode(stored->payload, &event);
    return r ? r : mes_apply(context, &event, stored->sequence);
}

int tables_follow(struct tables *tables, uint64_t to)
{
    if (to <= tables->applied)
        return 0;
    int r = store_walk(tables->store, tables->applied, to, apply, tables->mes);
    if (r == 0)
        tables->applied = to;
    return r;
}

int tables_again(struct tables *tables, struct hot *hot)
{
    enum hot_answer answer = HOT_DIFFERENT;
    char names[120];
    int r = tables_load(tables);
    if (r == 0)
        r = tables_check(tables, hot, &answer, names, sizeof names);
    if (r == 0 && answer == HOT_DIFFERENT)
        r = ERR_DIGEST;
    return r ? r : tables_follow(tables, store_size(tables->store));
}

bool tables_are_due(const struct tables *tables)
{
    uint64_t behind = store_size(tables->store) - tables->saved, now = os_boot_ms();
    if (now < tables->again_ms)
        return false;
    return tables->anew || behind >= TABLES_EVENTS ||
           (behind > 0 && now - tables->saved_ms >= TABLES_EVERY_MS);
}

static int write_meta(struct tables *tables, const struct hot *hot)
{
    uint8_t meta[META_MAX], digest[HOT_LENGTH];
    struct bytes_put put = bytes_into(meta, sizeof meta);
    size_t length;
    hot_digest(hot, digest);
    bytes_put_fixed(&put, digest, sizeof digest);
    bytes_put_u64(&put, store_size(tables->store));
    hot_write(hot, &put);
    int r = bytes_put_done(&put, &length);
    return r ? r : store_meta_set(tables->store, META, bytes_view_of(meta, length));
}

int tables_save(struct tables *tables, struct hot *hot)
{
    uint64_t size = store_size(tables->store);
    int r = hot_follow(hot, tables->mes->entities);
    if (r == 0)
        r = store_begin(tables->store);
    if (r)
        return r;
    r = rows_save(tables->mes->entities);
    if (r == 0)
        r = write_meta(tables, hot);
    if (r == 0)
        r = store_projection_seen(tables->store, TABLES_NAME, size + 1);
    if (r == 0 && tables->anew)
        r = store_projection_forget(tables->store, FORMER);
    if (r)
        store_rollback(tables->store);
    else
        r = store_commit(tables->store);
    tables->saved_ms = os_boot_ms();
    if (r) {
        rows_touch_all(tables->mes->entities);
        tables->again_ms = os_boot_ms() + TABLES_FULL_MS;
        return r;
    }
    tables->saved = size;
    tables->anew = false;
    return 0;
}
