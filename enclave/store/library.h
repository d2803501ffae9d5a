#ifndef ENCLAVE_STORE_LIBRARY_H
#define ENCLAVE_STORE_LIBRARY_H

#include <stdbool.h>

/* store_library_begin(): Before confinement: keep OpenSSL, under SQLCipher, from reading its
 * configuration file, which a confined process may not open. */
void store_library_begin(void);

/* store_library_works(): Can OpenSSL compute a page's MAC and cipher?  Once it was out of memory at
 * the wrong moment it cannot in this process any more, and SQLCipher then says that a key is wrong.
 */
bool store_library_works(void);

#endif
