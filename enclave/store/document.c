/* Documents of a store: content by digest, in chunks, in the same transaction as their event. */
#include "enclave/store/internal.h"

#include <string.h>

#define CHUNK 16384u

int store_document_put(struct store *store, struct bytes_view content,
                       uint8_t ret_digest[static 32])
{
    sqlite3_stmt *s = store->statements[STATEMENT_DOCUMENT_PUT];
    int r = store_holds(store);
    if (r)
        return r;
    if (content.length > STORE_DOCUMENT_MAX)
        return ERR_SIZE;
    hash_content("casemate/document/1", content, ret_digest);
    sqlite3_bind_blob(s, 1, ret_digest, 32, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, content.length);
    r = store_done(s);
    if (r || sqlite3_changes(store->db) == 0)
        return r; /* it lies there already */
    s = store->statements[STATEMENT_CHUNK_PUT];
    for (uint32_t at = 0, part = 0; r == 0 && at < content.length; at += CHUNK, part++) {
        uint32_t n = content.length - at < CHUNK ? content.length - at : CHUNK;
        sqlite3_bind_blob(s, 1, ret_digest, 32, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, part);
        sqlite3_bind_blob(s, 3, content.data + at, (int)n, SQLITE_STATIC);
        r = store_done(s);
    }
    return r;
}

int store_document_get(struct store *store, const uint8_t digest[static 32], void *out, size_t room,
                       size_t *ret_length)
{
    sqlite3_stmt *s = store->statements[STATEMENT_CHUNK_GET];
    uint8_t found[32];
    size_t length = 0;
    int r = 0, step;
    sqlite3_bind_blob(s, 1, digest, 32, SQLITE_STATIC);
    while ((step = sqlite3_step(s)) == SQLITE_ROW && r == 0) {
        size_t n = (size_t)sqlite3_column_bytes(s, 0);
        if (n > room - length)
            r = ERR_SIZE;
        else
            memcpy((uint8_t *)out + length, sqlite3_column_blob(s, 0), n);
        length += n;
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    if (r == 0 && step != SQLITE_DONE)
        r = store_error(step); /* a part that could not be read is not the end */
    if (r)
        return r;
    if (length == 0)
        return ERR_UNKNOWN;
    hash_content("casemate/document/1", bytes_view_of(out, length), found);
    if (memcmp(found, digest, 32) != 0)
        return ERR_DIGEST;
    *ret_length = length;
    return 0;
}
