#ifndef ENCLAVE_STORE_LIBRARY_H
#define ENCLAVE_STORE_LIBRARY_H

/* store_library_begin(): Before confinement: keep OpenSSL, under SQLCipher, from reading its
 * configuration file, which a confined process may not open. */
void store_library_begin(void);

#endif
