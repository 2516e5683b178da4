/*
 * The pin of a server's public key (RFC 7469, section 2.4), as http_client.h takes it: a spoke that
 * has it needs no authority to know its hub, and the hub may renew its certificate with the same
 * key.
 */
#ifndef HARVESTER_LINK_TLS_PIN_H
#define HARVESTER_LINK_TLS_PIN_H

#define TLS_PIN_SIZE 64 /* "sha256//", 44 digits of base64, and a 0 */

struct error;

/* Of the first certificate in a PEM text. ERROR_MALFORMED, ERROR_NO_MEMORY. */
int tls_pin_of(const char *certificate, char ret_pin[TLS_PIN_SIZE], struct error *err);

/* Does it look like one? */
int tls_pin_check(const char *pin);

#endif
