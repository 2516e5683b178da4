/* The secret key that a command signs with. */
#ifndef HARVESTER_CLI_BUNDLE_KEY_H
#define HARVESTER_CLI_BUNDLE_KEY_H

#include "bundle/minisign.h"

/* Load PREFIX.key, or the file `name` itself. The caller clears *ret_key with sodium_memzero().
 * Errors of buffer_read_file() and minisign_secret_parse(). */
int bundle_key_load(const char *name, struct minisign_secret *ret_key, struct error *err);

#endif
