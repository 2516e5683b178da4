/*
 * Keys of the engine's users and accounts ("nkeys"): Ed25519, written in base32 with a letter for
 * what they are and a checksum. The engine's documentation has the form. Any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_NKEY_H
#define HARVESTER_CLUSTER_AUTHORITY_NKEY_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define NKEY_PUBLIC_SIZE 57 /* of the public key as text, with its terminator */
#define NKEY_SEED_SIZE 59   /* likewise, of the secret one */
#define NKEY_SIGNATURE_SIZE 64

/* The values are the engine's. */
enum nkey_kind { NKEY_ACCOUNT = 0, NKEY_OPERATOR = 14 << 3, NKEY_USER = 20 << 3 };

struct nkey {
	char public_text[NKEY_PUBLIC_SIZE];
	char seed[NKEY_SEED_SIZE]; /* secret */
	unsigned char secret[64];
};

/* Make a new key. */
void nkey_create(enum nkey_kind kind, struct nkey *ret_key);

/* Read a key from its seed. ERROR_MALFORMED. */
int nkey_read(const char *seed, struct nkey *ret_key, struct error *err);

/* Whether the text is a public key of this kind. */
bool nkey_is_public(const char *text, enum nkey_kind kind);

void nkey_sign(const struct nkey *key, const char *text, size_t size,
	       unsigned char ret_signature[NKEY_SIGNATURE_SIZE]);

/* Overwrite the secret. */
void nkey_finish(struct nkey *key);

#endif
