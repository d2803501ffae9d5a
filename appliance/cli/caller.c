#include "appliance/cli/caller.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/answer.h"
#include "appliance/cli/ask.h"
#include "appliance/cli/pin.h"
#include "enclave/process/os.h"
#include "transfer/file.h"
#include "crypto/statement.h"

/* ---- small things ---- */

const char *caller_text(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text ? text : "";
}

int64_t caller_number(yyjson_val *object, const char *key)
{
    return yyjson_get_sint(yyjson_obj_get(object, key));
}

void caller_print(FILE *out, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    ask_printable(text);
    fputs(text, out);
    free(text);
}

yyjson_mut_doc *caller_body(yyjson_mut_val **ret_top)
{
    uint8_t id[16];
    char text[37];
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *top = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, top);
    os_uuid(id);
    answer_uuid_text(id, text);
    yyjson_mut_obj_add_strcpy(doc, top, "id", text);
    *ret_top = top;
    return doc;
}

/* ---- asking ---- */

static int complain_of(const struct caller *c, const struct http_call *call, int code)
{
    return cli_complain(c->o, CLI_TROUBLE, "%s %s was not answered: %s. Is the site running?",
                        call->method, call->path,
                        code == ERR_SYSTEM ? strerror(errno) : error_text(code));
}

/* What a gateway said no to, in its own words. */
static int complain_refused(const struct caller *c, const struct http_reply *reply)
{
    char text[900];
    yyjson_doc *doc = yyjson_read(reply->body, reply->length, 0);
    yyjson_val *top = yyjson_doc_get_root(doc);
    const char *field = caller_text(top, "field"), *kept = caller_text(top, "kept"),
               *todo = caller_text(top, "todo");
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", field, field[0] ? ": " : "",
             top ? caller_text(top, "error") : "an answer that is not in its form",
             kept[0] ? " " : "", kept, todo[0] ? " " : "", todo);
    yyjson_doc_free(doc);
    ask_printable(text);
    return cli_complain(c->o, CLI_REFUSED, "%s (%u)", text, reply->status);
}

static int perform(struct caller *c, enum caller_way way, const struct http_call *call,
                   yyjson_doc **ret_doc)
{
    struct http_reply reply = {0};
    int r = http_ask(c->way[way], call, &reply);
    if (r)
        return complain_of(c, call, r);
    if (reply.status != 200)
        return complain_refused(c, &reply);
    yyjson_doc *doc = yyjson_read(reply.body, reply.length, 0);
    if (!doc)
        return complain_of(c, call, ERR_FORMAT);
    free(c->raw);
    c->raw = strndup(reply.body, reply.length);
    if (ret_doc)
        *ret_doc = doc;
    else
        yyjson_doc_free(doc);
    return c->raw ? 0 : complain_of(c, call, ERR_MEMORY);
}

static const char *token_of(const struct caller *c, enum caller_way way)
{
    return c->token[way][0] ? c->token[way] : NULL;
}

int caller_get(struct caller *c, enum caller_way way, const char *path, yyjson_doc **ret_doc)
{
    struct http_call call = {.method = "GET", .path = path, .token = token_of(c, way)};
    return perform(c, way, &call, ret_doc);
}

/* A body may hold a PIN: it is wiped. */
static int post_text(struct caller *c, enum caller_way way, const char *path, char *text,
                     const char *statement, yyjson_doc **ret_doc)
{
    struct http_call call = {.method = "POST",
                             .path = path,
                             .token = token_of(c, way),
                             .statement = statement,
                             .body = text};
    int r = text ? perform(c, way, &call, ret_doc) : complain_of(c, &call, ERR_MEMORY);
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
    return r;
}

int caller_post(struct caller *c, enum caller_way way, const char *path, yyjson_mut_doc *body,
                yyjson_doc **ret_doc)
{
    char *text = yyjson_mut_write(body, 0, NULL);
    yyjson_mut_doc_free(body);
    return post_text(c, way, path, text, NULL, ret_doc);
}

/* ---- the PIN ---- */

/* Badge and PIN, and what else ${rest} says, to ${path}. */
static int prove(struct caller *c, enum caller_way way, const char *path, const char *prompt,
                 yyjson_mut_doc *body, yyjson_doc **ret_doc)
{
    char pin[PIN_MAX + 1] = "";
    yyjson_mut_val *top = yyjson_mut_doc_get_root(body);
    int r = pin_read(c->o, prompt, pin);
    yyjson_mut_obj_add_str(body, top, "badge", c->o->badge);
    yyjson_mut_obj_add_str(body, top, "pin", pin);
    char *text = r ? NULL : yyjson_mut_write(body, 0, NULL);
    sodium_memzero(pin, sizeof pin);
    yyjson_mut_doc_free(body);
    return r ? r : post_text(c, way, path, text, NULL, ret_doc);
}

static yyjson_mut_doc *empty_body(void)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_doc_set_root(doc, yyjson_mut_obj(doc));
    return doc;
}

static int statement_for(struct caller *c, enum caller_way way, const char *operation,
                         const char *meaning, const char *text, yyjson_doc **ret_statement)
{
    uint8_t digest[32];
    char hex[65], prompt[240];
    yyjson_mut_doc *body = empty_body();
    yyjson_mut_val *top = yyjson_mut_doc_get_root(body);
    int r = statement_action_digest(operation, way == CALLER_ENTRY ? STATEMENT_ENTRY : c->enclave,
                                    bytes_text(text), digest);
    assert(r == 0); /* its inputs are ours */
    bytes_to_hex(digest, sizeof digest, hex);
    yyjson_mut_obj_add_str(body, top, "operation", operation);
    yyjson_mut_obj_add_str(body, top, "digest", hex);
    yyjson_mut_obj_add_str(body, top, "meaning", meaning);
    snprintf(prompt, sizeof prompt, "You sign: %s\nPIN of %s", meaning, c->o->badge);
    return prove(c, way, way == CALLER_ENTRY ? "/api/entry/sign" : "/api/sign", prompt, body,
                 ret_statement);
}

int caller_sign(struct caller *c, enum caller_way way, const char *path, const char *operation,
                const char *meaning, yyjson_mut_doc *body, yyjson_doc **ret_doc)
{
    yyjson_doc *statement = NULL;
    char *text = yyjson_mut_write(body, 0, NULL);
    yyjson_mut_doc_free(body);
    int r = text ? statement_for(c, way, operation, meaning, text, &statement)
                 : cli_complain(c->o, CLI_TROUBLE, "out of memory.");
    if (r)
        free(text);
    else
        r = post_text(c, way, path, text, caller_text(yyjson_doc_get_root(statement), "statement"),
                      ret_doc);
    yyjson_doc_free(statement);
    return r;
}

/* ---- signing in ---- */

static int keep_token(struct caller *c, enum caller_way way, yyjson_doc *answer)
{
    const char *token = caller_text(yyjson_doc_get_root(answer), "token");
    int n = snprintf(c->token[way], CALLER_TOKEN, "%s", token);
    return n > 0 && n < CALLER_TOKEN
               ? 0
               : cli_complain(c->o, CLI_TROUBLE, "a sign-in was answered without a token.");
}

static int read_site(struct caller *c)
{
    char path[FILE_PATH_MAX];
    int r = file_path(path, "%s/site.conf", c->o->site);
    if (r == 0)
        r = config_read(path, &c->config);
    if (r)
        return cli_complain_file(c->o, c->o->site, r);
    if (!c->config.training)
        return cli_complain(c->o, CLI_REFUSED,
                            "%s is a production site: its desk is in the browser of a certified "
                            "station, https://%s:%u/. The box's own terminal has no station "
                            "certificate, and a signature there needs a key or a card.",
                            c->o->site, c->config.name, c->config.port);
    r = http_new(c->config.port, &c->way[CALLER_ENTRY]);
    return r ? cli_complain_file(c->o, c->o->site, r) : 0;
}

int caller_open(const struct cli *o, struct caller *ret_caller)
{
    struct caller *c = ret_caller;
    char prompt[64];
    *c = (struct caller){.o = o};
    if (!o->badge)
        return cli_complain(o, CLI_USAGE, "--badge says who asks; the PIN is asked for then.");
    int r = read_site(c);
    snprintf(prompt, sizeof prompt, "PIN of %.32s", o->badge);
    if (r == 0)
        r = prove(c, CALLER_ENTRY, "/api/sign-in", prompt, empty_body(), &c->signed_in);
    return r ? r : keep_token(c, CALLER_ENTRY, c->signed_in);
}

int caller_enclave(struct caller *c)
{
    const char *wanted = c->o->enclaves ? c->o->enclave[0] : "";
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(c->signed_in), "enclaves"), *one;
    size_t i, n;
    if (!wanted[0])
        return cli_complain(c->o, CLI_USAGE, "--enclave names the enclave, by its id or name.");
    yyjson_arr_foreach(list, i, n, one)
    {
        const char *id = caller_text(one, "enclave");
        if (strcmp(id, wanted) == 0 || strcmp(caller_text(one, "name"), wanted) == 0)
            wanted = id;
    }
    if (config_slot(&c->config, wanted) < 0)
        return cli_complain(c->o, CLI_REFUSED,
                            "%s is no enclave of this site, and none that %s may enter by name.",
                            wanted, c->o->badge);
    memcpy(c->enclave, wanted, ENCLAVE_ID_LENGTH + 1);
    return 0;
}

int caller_enter(struct caller *c)
{
    yyjson_doc *code = NULL, *answer = NULL;
    yyjson_mut_doc *body = empty_body();
    int r = caller_enclave(c);
    yyjson_mut_obj_add_str(body, yyjson_mut_doc_get_root(body), "enclave", c->enclave);
    if (r == 0 && http_new((uint16_t)(c->config.port + 1 + config_slot(&c->config, c->enclave)),
                           &c->way[CALLER_DOOR]))
        r = cli_complain(c->o, CLI_TROUBLE, "out of memory.");
    if (r) {
        yyjson_mut_doc_free(body);
        return r;
    }
    r = caller_post(c, CALLER_ENTRY, "/api/enter", body, &code);
    if (r)
        return r;
    body = empty_body();
    yyjson_mut_obj_add_strcpy(body, yyjson_mut_doc_get_root(body), "code",
                              caller_text(yyjson_doc_get_root(code), "code"));
    yyjson_doc_free(code);
    r = caller_post(c, CALLER_DOOR, "/api/redeem", body, &answer);
    if (r == 0)
        r = keep_token(c, CALLER_DOOR, answer);
    yyjson_doc_free(answer);
    return r;
}

void caller_close(struct caller *c)
{
    static const char *const sign_out[] = {"/api/entry/sign-out", "/api/sign-out"};
    enum caller_way way = c->token[CALLER_DOOR][0] ? CALLER_DOOR : CALLER_ENTRY;
    struct http_call call = {
        .method = "POST", .path = sign_out[way], .token = token_of(c, way), .body = "{}"};
    struct http_reply reply;
    if (call.token)
        (void)!http_ask(c->way[way], &call, &reply); /* else the session locks by itself */
    http_free(c->way[CALLER_ENTRY]);
    http_free(c->way[CALLER_DOOR]);
    yyjson_doc_free(c->signed_in);
    free(c->raw);
    sodium_memzero(c, sizeof *c);
}
