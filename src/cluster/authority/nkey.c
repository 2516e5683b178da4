#include "cluster/authority/nkey.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

#define SEED (18 << 3) /* the letter S */
#define KEY_BYTES 32
#define SUM_BYTES 2
#define PUBLIC_BYTES (1 + KEY_BYTES + SUM_BYTES)
#define SEED_BYTES (2 + KEY_BYTES + SUM_BYTES)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* CRC-16/XMODEM. */
static uint16_t checksum(const unsigned char *data, size_t size)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum = (uint16_t)(sum ^ (data[i] << 8));
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)(sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1);
	}
	return sum;
}

/* Append the checksum behind `size` bytes and write all of it in base32, without padding. */
static void encode(unsigned char *data, size_t size, char *ret_text)
{
	uint16_t sum = checksum(data, size);
	unsigned bits = 0, held = 0;

	data[size] = (unsigned char)(sum & 0xff);
	data[size + 1] = (unsigned char)(sum >> 8);
	for (size_t i = 0; i < size + SUM_BYTES; i++) {
		held = (held << 8 | data[i]) & 0xffff;
		for (bits += 8; bits >= 5; bits -= 5)
			*ret_text++ = digits[held >> (bits - 5) & 31];
	}
	if (bits)
		*ret_text++ = digits[held << (5 - bits) & 31];
	*ret_text = '\0';
}

/* Read exactly `size` bytes, the last two of which are a checksum. */
static bool decode(const char *text, unsigned char *ret_data, size_t size)
{
	unsigned bits = 0, held = 0;
	size_t used = 0;

	if (strlen(text) != (size * 8 + 4) / 5)
		return false;
	for (; *text; text++) {
		const char *digit = strchr(digits, *text);

		if (!digit)
			return false;
		held = (held << 5 | (unsigned)(digit - digits)) & 0xffff;
		bits += 5;
		if (bits < 8)
			continue;
		bits -= 8;
		ret_data[used++] = (unsigned char)(held >> bits & 0xff);
	}
	return used == size && checksum(ret_data, size - SUM_BYTES) ==
				       (ret_data[size - SUM_BYTES] | ret_data[size - 1] << 8);
}

static void write_texts(enum nkey_kind kind, const unsigned char seed[KEY_BYTES],
			struct nkey *ret_key)
{
	unsigned char public_bytes[PUBLIC_BYTES], seed_bytes[SEED_BYTES];

	public_bytes[0] = (unsigned char)kind;
	crypto_sign_seed_keypair(public_bytes + 1, ret_key->secret, seed);
	encode(public_bytes, 1 + KEY_BYTES, ret_key->public_text);
	/* Five bits say that it is a seed, and the next eight of what kind. */
	seed_bytes[0] = (unsigned char)(SEED | kind >> 5);
	seed_bytes[1] = (unsigned char)((kind & 31) << 3);
	memcpy(seed_bytes + 2, seed, KEY_BYTES);
	encode(seed_bytes, 2 + KEY_BYTES, ret_key->seed);
	sodium_memzero(seed_bytes, sizeof(seed_bytes));
}

void nkey_create(enum nkey_kind kind, struct nkey *ret_key)
{
	unsigned char seed[KEY_BYTES];

	randombytes_buf(seed, sizeof(seed));
	write_texts(kind, seed, ret_key);
	sodium_memzero(seed, sizeof(seed));
}

int nkey_read(const char *text, struct nkey *ret_key, struct error *err)
{
	unsigned char seed[SEED_BYTES];
	unsigned kind;

	if (!decode(text, seed, sizeof(seed)) || (seed[0] & 0xf8) != SEED)
		return error_set(err, ERROR_MALFORMED,
				 "the secret key with which this node logs in to nats-server is "
				 "damaged: restore the cluster's folder from a backup, or join the "
				 "cluster again");
	kind = (unsigned)((seed[0] & 7) << 5 | (seed[1] & 0xf8) >> 3);
	write_texts((enum nkey_kind)kind, seed + 2, ret_key);
	sodium_memzero(seed, sizeof(seed));
	return 0;
}

bool nkey_is_public(const char *text, enum nkey_kind kind)
{
	unsigned char bytes[PUBLIC_BYTES];

	return decode(text, bytes, sizeof(bytes)) && bytes[0] == kind;
}

void nkey_sign(const struct nkey *key, const char *text, size_t size,
	       unsigned char ret_signature[NKEY_SIGNATURE_SIZE])
{
	crypto_sign_detached(ret_signature, NULL, (const unsigned char *)text, size, key->secret);
}

void nkey_finish(struct nkey *key)
{
	sodium_memzero(key, sizeof(*key));
}
