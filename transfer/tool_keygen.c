#include "transfer/tool.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "transfer/file.h"

static int make_key(const struct tool_options *o, const char *role, char text[static 57])
{
    char path[FILE_PATH_MAX], seed_text[66], pub[256], id[17];
    struct minisign_public public_key;
    struct secret *seed = NULL;
    int r = secret_random(SIGN_SEED_LENGTH, &seed);

    if (r)
        return tool_complain(o, TOOL_TROUBLE, "%s.", error_text(r));
    bytes_to_hex(secret_open(seed), SIGN_SEED_LENGTH, seed_text);
    secret_close(seed);
    memcpy(seed_text + 64, "\n", 2);
    r = minisign_public_of(seed, &public_key);
    secret_free(seed);
    if (r == 0)
        r = file_path(path, "%s/keys/%s.key", o->operand, role);
    if (r == 0)
        r = file_write(path, 0600, true, seed_text, 65);
    sodium_memzero(seed_text, sizeof(seed_text));
    if (r == ERR_DUPLICATE)
        return tool_complain(o, TOOL_REFUSED, "%s is there already; a key is never overwritten.",
                             path);
    if (r)
        return tool_complain_file(o, path, r);
    minisign_public_print(&public_key, text);
    bytes_to_hex(public_key.key_id, sizeof(public_key.key_id), id);
    snprintf(pub, sizeof(pub), "untrusted comment: casemate %s %s\n%s\n", role, id, text);
    r = file_path(path, "%s/keys/%s.pub", o->operand, role);
    if (r == 0)
        r = file_write(path, 0644, false, pub, strlen(pub));
    return r ? tool_complain_file(o, path, r) : 0;
}

int tool_keygen(const struct tool_options *o)
{
    char path[FILE_PATH_MAX], orders[57], outer[57];
    int r = file_path(path, "%s/keys", o->operand);

    if (r || (r = file_directory(o->operand, 0755)) || (r = file_directory(path, 0700)))
        return tool_complain_file(o, o->operand, r);
    r = make_key(o, "orders", orders);
    if (r == 0)
        r = make_key(o, "orders-outer", outer);
    if (r)
        return r;
    if (o->json) {
        printf("{\"orders\":\"%s\",\"orders-outer\":\"%s\"}\n", orders, outer);
        return TOOL_ACCEPTED;
    }
    printf("Two keys are in %s.  The site's root.json must name their public halves:\n"
           "  orders        %s\n"
           "  orders-outer  %s\n"
           "Two people compare these lines on both sides, from paper.  Keep the .key files\n"
           "where only the people who release orders can read them.\n",
           path, orders, outer);
    return TOOL_ACCEPTED;
}
