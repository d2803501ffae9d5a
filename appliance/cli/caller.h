#ifndef APPLIANCE_CLI_CALLER_H
#define APPLIANCE_CLI_CALLER_H

#include <yyjson.h>

#include "appliance/cli/cli.h"
#include "appliance/cli/http.h"
#include "appliance/supervisor/config.h"

/*
 * A person who has signed in at the terminal, to ask the gateways what a browser
 * could ask: with badge and PIN, on a training site, over the loopback.  The PIN is
 * read without echo or from a file, is wiped once it is sent, and is asked again for
 * each signature.
 */
#define CALLER_TOKEN 320

enum caller_way { CALLER_ENTRY = 0, CALLER_DOOR };

struct caller {
    const struct cli *o;
    struct config config;
    struct http *way[2];
    char token[2][CALLER_TOKEN];
    char enclave[ENCLAVE_ID_LENGTH + 1]; /* "" until caller_enter() or caller_enclave() */
    yyjson_doc *signed_in;
    char *raw; /* the last answer as it came */
};

/*
 * caller_open(o, ret_caller):
 * Sign the person of --badge in at the entry of the site of --site.  0, or an enum
 * cli_exit after a complaint.  In both cases end with caller_close(), which signs out.
 */
must_use int caller_open(const struct cli *o, struct caller *ret_caller);
void caller_close(struct caller *c);

/* caller_enclave(c): Find the enclave of --enclave by its id or name. */
must_use int caller_enclave(struct caller *c);

/* caller_enter(c): Go to the enclave of --enclave: from then on there is CALLER_DOOR. */
must_use int caller_enter(struct caller *c);

/* caller_get(c, way, path, ret_doc), caller_post(c, way, path, body, ret_doc): ${body} is freed,
 * ${ret_doc} is the caller's.  Anything but 200 is complained of and returned. */
must_use int caller_get(struct caller *c, enum caller_way way, const char *path,
                        yyjson_doc **ret_doc);
must_use int caller_post(struct caller *c, enum caller_way way, const char *path,
                         yyjson_mut_doc *body, yyjson_doc **ret_doc);
/* caller_sign(c, way, path, operation, meaning, body, ret_doc): The same with a signature over
 * exactly this body, for which the PIN is asked again. */
must_use int caller_sign(struct caller *c, enum caller_way way, const char *path,
                         const char *operation, const char *meaning, yyjson_mut_doc *body,
                         yyjson_doc **ret_doc);

/* caller_body(ret_top): A new document with an object that has a fresh "id". */
yyjson_mut_doc *caller_body(yyjson_mut_val **ret_top);

/* caller_text(object, key): Its text, "" where there is none. */
const char *caller_text(yyjson_val *object, const char *key);
int64_t caller_number(yyjson_val *object, const char *key);

/* caller_print(out, format, ...): Print what came from the site: printable ASCII and LF. */
__attribute__((format(printf, 2, 3))) void caller_print(FILE *out, const char *format, ...);

#endif
