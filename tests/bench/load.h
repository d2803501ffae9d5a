#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * One keep-alive connection to a gateway, of many that a program waits for with
 * poll(): one request at a time, sent whole and answered whole.
 */
struct load {
    uint16_t port;
    int fd; /* -1: not connected */
    char in[1 << 18];
    size_t got;
    unsigned status; /* of the last answer */
    char *body;      /* the last answer's, with a terminator, inside ${in} */
};

enum load_result { LOAD_FAILED = 0, LOAD_WAITING, LOAD_ANSWERED };

#define LOAD_REQUEST 2048

void load_begin(struct load *load, uint16_t port);
void load_end(struct load *load);

/* load_print(out, port, path, token, body): A whole request, a GET where ${body} is NULL; its
 * length. */
size_t load_print(char out[static LOAD_REQUEST], uint16_t port, const char *path, const char *token,
                  const char *body);

/* load_send(load, text, length): Connect if need be, and send.  ERR_SYSTEM, and the connection is
 * closed. */
must_use int load_send(struct load *load, const char *text, size_t length);

/* load_receive(load): After poll() said that there is something; LOAD_FAILED closes it. */
enum load_result load_receive(struct load *load);

/* load_ask(load, text, length, patience_ms): Send and wait. */
enum load_result load_ask(struct load *load, const char *text, size_t length, int patience_ms);

/* load_uuid(out): A fresh UUIDv7, as text. */
void load_uuid(char out[static 37]);

#endif
