#ifndef TESTS_BENCH_HELLO_H
#define TESTS_BENCH_HELLO_H

#include <stdint.h>

/*
 * hello_start(certificate, key):
 * The limit of what is asked over HTTP: a process with nothing but libmicrohttpd, one
 * thread on epoll, that answers every request with the same thirteen bytes.  With TLS when
 * ${certificate} and ${key} name PEM files, else both NULL.  Its port on the loopback; it
 * ends with the caller.
 */
uint16_t hello_start(const char *certificate, const char *key);

#endif
