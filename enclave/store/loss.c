#include "enclave/store/loss.h"

#include <string.h>

#define FRONT  "{\"id\":\""
#define MIDDLE "\",\"loss\":\""
#define BACK   "\"}"
#define UUID   36

_Static_assert(sizeof FRONT + sizeof MIDDLE + sizeof BACK - 3 + UUID + 64 == LOSS_BODY,
               "the body has one length");

static void put_log(struct bytes_put *put, const struct loss_log *log)
{
    bytes_put_u32(put, log->epoch);
    bytes_put_u64(put, log->size);
    bytes_put_fixed(put, log->root, sizeof log->root);
}

void loss_digest(const struct loss *loss, uint8_t out[static HASH_CONTENT_LENGTH])
{
    uint8_t bytes[STATEMENT_ENCLAVE + 2 * (4 + 8 + HASH_TREE_LENGTH)];
    struct bytes_put put = bytes_into(bytes, sizeof bytes);
    bytes_put_fixed(&put, loss->enclave, STATEMENT_ENCLAVE);
    put_log(&put, &loss->signed_log);
    put_log(&put, &loss->here);
    hash_content("casemate/loss/1", bytes_view_of(bytes, sizeof bytes), out);
}

static bool is_uuid(struct bytes_view text)
{
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < text.length; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : !memchr(digits, text.data[i], 16))
            return false;
    }
    return text.length == UUID;
}

bool loss_body_is(struct bytes_view body, const uint8_t digest[static HASH_CONTENT_LENGTH])
{
    struct bytes in = bytes_over(body.data, body.length);
    char hex[2 * HASH_CONTENT_LENGTH + 1];
    bytes_to_hex(digest, HASH_CONTENT_LENGTH, hex);
    return body.length == LOSS_BODY && bytes_equal_text(bytes_run(&in, sizeof FRONT - 1), FRONT) &&
           is_uuid(bytes_run(&in, UUID)) &&
           bytes_equal_text(bytes_run(&in, sizeof MIDDLE - 1), MIDDLE) &&
           bytes_equal_text(bytes_run(&in, 2 * HASH_CONTENT_LENGTH), hex) &&
           bytes_equal_text(bytes_run(&in, sizeof BACK - 1), BACK);
}

int loss_check(const struct loss *loss, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
               bool admits_pin, const struct loss_consent *consent, struct statement *ret_statement)
{
    uint8_t digest[HASH_CONTENT_LENGTH], action[32];
    loss_digest(loss, digest);
    if (!loss_body_is(consent->body, digest))
        return ERR_FORMAT;
    int r = statement_check(public_key, consent->statement, ret_statement);
    if (r == 0)
        r = statement_action_digest(LOSS_OPERATION_NAME, loss->enclave, consent->body, action);
    if (r)
        return r;
    if (ret_statement->operation != LOSS_OPERATION ||
        memcmp(ret_statement->action, action, sizeof action) != 0 ||
        strcmp(ret_statement->enclave, loss->enclave) != 0)
        return ERR_DIGEST;
    return admits_pin || ret_statement->factor != STATEMENT_BADGE_PIN ? 0 : ERR_REFUSED;
}

int loss_check_both(const struct loss *loss, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                    bool admits_pin, const struct loss_consent consents[static 2],
                    struct statement ret_statements[static 2], const char **ret_why)
{
    for (int i = 0; i < 2; i++) {
        int r = loss_check(loss, public_key, admits_pin, &consents[i], &ret_statements[i]);
        if (r) {
            *ret_why = r == ERR_FORMAT    ? "a signature is for another loss than this one"
                       : r == ERR_DIGEST  ? "a signature is for something else"
                       : r == ERR_REFUSED ? "a signature was made with badge and PIN alone"
                                          : "a signature does not verify";
            return r;
        }
    }
    if (statement_by_two(&ret_statements[0], &ret_statements[1]))
        return 0;
    *ret_why = "one person has signed twice";
    return ERR_DUPLICATE;
}
