/* Keys of minisign: made, read and written. */
#include "bundle/minisign.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

/* Of a secret key's file; all numbers are little-endian bytes. */
struct secret_file {
	uint8_t algorithm[2];	/* "Ed" */
	uint8_t derivation[2];	/* of the password: 0, 0 for none; "Sc": scrypt */
	uint8_t checksum_of[2]; /* "B2" */
	uint8_t salt[32], operations[8], memory[8];
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t key[64];
	uint8_t checksum[32]; /* 0 without a password */
};

struct public_file {
	uint8_t algorithm[2]; /* "Ed" */
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t key[32];
};

void minisign_make_keys(struct minisign_public *ret_public, struct minisign_secret *ret_secret)
{
	crypto_sign_keypair(ret_public->key, ret_secret->key);
	randombytes_buf(ret_public->id, sizeof(ret_public->id));
	memcpy(ret_secret->id, ret_public->id, sizeof(ret_secret->id));
}

void minisign_id_text(const uint8_t id[MINISIGN_ID_SIZE], char ret_text[MINISIGN_ID_TEXT_SIZE])
{
	uint64_t number = 0;

	for (size_t i = MINISIGN_ID_SIZE; i-- > 0;)
		number = number << 8 | id[i];
	snprintf(ret_text, MINISIGN_ID_TEXT_SIZE, "%016" PRIX64, number);
}

static void print_base64(const void *data, size_t size, struct buffer *text)
{
	char base64[256];

	sodium_bin2base64(base64, sizeof(base64), data, size, sodium_base64_VARIANT_ORIGINAL);
	buffer_printf(text, "%s\n", base64);
	sodium_memzero(base64, sizeof(base64));
}

void minisign_public_print(const struct minisign_public *key, struct buffer *text)
{
	struct public_file file = {.algorithm = {'E', 'd'}};
	char id[MINISIGN_ID_TEXT_SIZE];

	minisign_id_text(key->id, id);
	memcpy(file.id, key->id, sizeof(file.id));
	memcpy(file.key, key->key, sizeof(file.key));
	buffer_printf(text, "untrusted comment: minisign public key %s\n", id);
	print_base64(&file, sizeof(file), text);
}

void minisign_secret_print(const struct minisign_secret *key, struct buffer *text)
{
	struct secret_file file = {.algorithm = {'E', 'd'}, .checksum_of = {'B', '2'}};

	memcpy(file.id, key->id, sizeof(file.id));
	memcpy(file.key, key->key, sizeof(file.key));
	buffer_printf(text, "untrusted comment: minisign secret key without a password\n");
	print_base64(&file, sizeof(file), text);
	sodium_memzero(&file, sizeof(file));
}

/* The line of base64: the text's second line if the first is a comment, else the first. A further
 * line is an error. */
static bool find_base64(const char *text, size_t size, const char **ret_line, size_t *ret_size)
{
	static const char comment[] = "untrusted comment:";
	const char *end = text + size, *newline;

	if (size > sizeof(comment) && !memcmp(text, comment, sizeof(comment) - 1)) {
		newline = memchr(text, '\n', size);
		if (!newline)
			return false;
		text = newline + 1;
	}
	newline = memchr(text, '\n', (size_t)(end - text));
	if (newline && newline + 1 != end)
		return false;
	*ret_line = text;
	*ret_size = (size_t)((newline ? newline : end) - text);
	if (*ret_size && text[*ret_size - 1] == '\r')
		--*ret_size;
	return true;
}

static bool decode(const char *text, size_t size, void *ret_data, size_t data_size)
{
	const char *line;
	size_t line_size, count;

	return find_base64(text, size, &line, &line_size) &&
	       !sodium_base642bin(ret_data, data_size, line, line_size, NULL, &count, NULL,
				  sodium_base64_VARIANT_ORIGINAL) &&
	       count == data_size;
}

int minisign_public_parse(const char *text, size_t size, const char *shown,
			  struct minisign_public *ret_key, struct error *err)
{
	struct public_file file;

	if (!decode(text, size, &file, sizeof(file)) || memcmp(file.algorithm, "Ed", 2) != 0)
		return error_set(err, ERROR_MALFORMED,
				 "%s is not a public key of minisign: expected the file that "
				 "`harvester bundle keygen` or `minisign -G` made, or its line of "
				 "%d characters",
				 shown, MINISIGN_PUBLIC_TEXT_SIZE - 1);
	memcpy(ret_key->id, file.id, sizeof(file.id));
	memcpy(ret_key->key, file.key, sizeof(file.key));
	return 0;
}

int minisign_secret_parse(const char *text, size_t size, const char *shown,
			  struct minisign_secret *ret_key, struct error *err)
{
	struct secret_file file;
	int ret = 0;

	if (!decode(text, size, &file, sizeof(file)) || memcmp(file.algorithm, "Ed", 2) != 0)
		ret = error_set(err, ERROR_MALFORMED,
				"%s is not a secret key of minisign: name the file that `harvester "
				"bundle keygen` or `minisign -G` made",
				shown);
	else if (file.derivation[0] || file.derivation[1])
		ret = error_set(err, ERROR_UNSUPPORTED,
				"%s has a password: sign with `minisign -S -s %s -m FILE` instead, "
				"which makes the same FILE.minisig",
				shown, shown);
	if (!ret) {
		memcpy(ret_key->id, file.id, sizeof(file.id));
		memcpy(ret_key->key, file.key, sizeof(file.key));
	}
	sodium_memzero(&file, sizeof(file));
	return ret;
}
