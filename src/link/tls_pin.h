/*
 * The pin of a server's public key (RFC 7469, section 2.4), as http_client.h uses it. A spoke that
 * knows the pin recognizes its hub without a certificate authority, and the hub may renew its
 * certificate with the same key.
 */
#ifndef HARVESTER_LINK_TLS_PIN_H
#define HARVESTER_LINK_TLS_PIN_H

#define TLS_PIN_SIZE 64 /* "sha256//", 44 characters of base64, terminator */

struct error;

/*
 * Compute the pin of the first certificate in a PEM text. ERROR_MALFORMED if the text contains no
 * valid certificate, ERROR_NO_MEMORY.
 */
int tls_pin_of(const char *certificate, char ret_pin[TLS_PIN_SIZE], struct error *err);

/* Check the form of a pin: 0 or ERROR_MALFORMED. */
int tls_pin_check(const char *pin);

#endif
