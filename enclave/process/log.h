#ifndef ENCLAVE_PROCESS_LOG_H
#define ENCLAVE_PROCESS_LOG_H

/*
 * One line on standard error, which the supervisor keeps in the site's log (and
 * systemd's journal keeps on an appliance).  Program content never goes here:
 * an enclave is its opaque id.
 */

/* log_name(program, enclave): What stands in front of every line; copies both. */
void log_name(const char *program, const char *enclave);

/* log_info, log_err: printf.  log_sys adds what errno says. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_err(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_sys(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* log_die(...): log_err, then end the process with status 1. */
_Noreturn void log_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
