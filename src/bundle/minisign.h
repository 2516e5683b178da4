/*
 * Keys and signatures in the format of minisign, so that minisign itself makes and checks the same
 * ones: Ed25519 over the BLAKE2b-512 hash of a file. Only this prehashed form ("ED") is accepted,
 * not the older one over the whole file ("Ed"). Any thread.
 */
#ifndef HARVESTER_BUNDLE_MINISIGN_H
#define HARVESTER_BUNDLE_MINISIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;

#define MINISIGN_ID_SIZE 8
#define MINISIGN_ID_TEXT_SIZE 17 /* 16 hexadecimal digits, as minisign shows them, and a 0 */
#define MINISIGN_HASH_SIZE 64
#define MINISIGN_PUBLIC_TEXT_SIZE 57 /* base64 of a public key, and a 0 */
#define MINISIGN_FILE_MAX 12288	     /* bytes of a key file or a signature */
#define MINISIGN_COMMENT_MAX 8192    /* bytes of a trusted comment */

struct minisign_public {
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t key[32];
};

struct minisign_secret {
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t key[64];
};

struct minisign_signature {
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t file[64];			/* over the file's hash */
	uint8_t all[64];			/* over `file` and the comment */
	char comment[MINISIGN_COMMENT_MAX + 1]; /* the trusted one */
};

/* Make a new pair of keys. The caller clears *ret_secret with sodium_memzero(). */
void minisign_make_keys(struct minisign_public *ret_public, struct minisign_secret *ret_secret);

/* The key's id, as minisign shows it. */
void minisign_id_text(const uint8_t id[MINISIGN_ID_SIZE], char ret_text[MINISIGN_ID_TEXT_SIZE]);

/* Append the text of a key file. The secret key's file has no password. Failures are in
 * text->failed. */
void minisign_public_print(const struct minisign_public *key, struct buffer *text);
void minisign_secret_print(const struct minisign_secret *key, struct buffer *text);

/*
 * Read a public key: the text of its file, or the base64 alone, as minisign shows it after `-P`.
 * `shown` names it in error texts. ERROR_MALFORMED.
 */
int minisign_public_parse(const char *text, size_t size, const char *shown,
			  struct minisign_public *ret_key, struct error *err);

/*
 * Read the text of a secret key's file. ERROR_UNSUPPORTED if it has a password, ERROR_MALFORMED.
 * The caller clears *ret_key with sodium_memzero().
 */
int minisign_secret_parse(const char *text, size_t size, const char *shown,
			  struct minisign_secret *ret_key, struct error *err);

/* Read the text of a signature: exactly its four lines. ERROR_UNSUPPORTED if it is of the older
 * form, ERROR_MALFORMED. */
int minisign_signature_parse(const char *text, size_t size, const char *shown,
			     struct minisign_signature *ret_signature, struct error *err);

/*
 * Hash the open file from its beginning, and set its position back to the beginning.
 * ERROR_TOO_LARGE if it has more than `limit` bytes, ERROR_SYSTEM. Blocks on the disk.
 */
int minisign_hash(int fd, const char *shown, uint64_t limit, uint8_t ret_hash[MINISIGN_HASH_SIZE],
		  struct error *err);

/* Whether the signature is the key's, over this hash and its own comment. ERROR_CHECKSUM if not. */
int minisign_check(const struct minisign_signature *signature, const struct minisign_public *key,
		   const uint8_t hash[MINISIGN_HASH_SIZE], const char *shown, struct error *err);

/*
 * Append the text of a signature. `comment`: the trusted one, a line of at most
 * MINISIGN_COMMENT_MAX bytes. Failures are in text->failed.
 */
void minisign_sign(const struct minisign_secret *key, const uint8_t hash[MINISIGN_HASH_SIZE],
		   const char *comment, struct buffer *text);

#endif
