/* Signatures of minisign: read, checked and made. */
#include "bundle/minisign.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "
#define UNTRUSTED_MAX 1024
#define CHUNK_SIZE 65536

struct signature_line {
	uint8_t algorithm[2]; /* "ED": over the hash; "Ed": over the file itself */
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t signature[64];
};

struct text_line {
	const char *data;
	size_t size;
};

/* Split into exactly `count` lines, the last with or without its newline. */
static bool split(const char *text, size_t size, struct text_line *ret_lines, size_t count)
{
	const char *end = text + size, *newline;

	for (size_t i = 0; i < count; i++) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline && i + 1 < count)
			return false;
		ret_lines[i].data = text;
		ret_lines[i].size = (size_t)((newline ? newline : end) - text);
		text = newline ? newline + 1 : end;
	}
	return text == end;
}

/* Remove `prefix` from the line; false if it does not begin with it or is too long. */
static bool take_prefix(struct text_line *line, const char *prefix, size_t max)
{
	size_t size = strlen(prefix);

	if (line->size < size || memcmp(line->data, prefix, size) != 0 || line->size - size > max)
		return false;
	line->data += size;
	line->size -= size;
	return true;
}

static bool decode(const struct text_line *line, void *ret_data, size_t size)
{
	size_t count;

	return !sodium_base642bin(ret_data, size, line->data, line->size, NULL, &count, NULL,
				  sodium_base64_VARIANT_ORIGINAL) &&
	       count == size;
}

int minisign_signature_parse(const char *text, size_t size, const char *shown,
			     struct minisign_signature *ret_signature, struct error *err)
{
	struct text_line lines[4];
	struct signature_line line;

	if (size > MINISIGN_FILE_MAX || !split(text, size, lines, 4) ||
	    !take_prefix(&lines[0], UNTRUSTED, UNTRUSTED_MAX) ||
	    !take_prefix(&lines[2], TRUSTED, MINISIGN_COMMENT_MAX) ||
	    !decode(&lines[1], &line, sizeof(line)) ||
	    !decode(&lines[3], ret_signature->all, sizeof(ret_signature->all)) ||
	    (memcmp(line.algorithm, "ED", 2) != 0 && memcmp(line.algorithm, "Ed", 2) != 0) ||
	    memchr(lines[2].data, '\0', lines[2].size))
		return error_set(err, ERROR_MALFORMED,
				 "%s is not a signature of minisign, which has four lines: sign "
				 "the bundle again",
				 shown);
	if (line.algorithm[1] == 'd')
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s has the old form of minisign's signatures (`minisign -l`), "
				 "which is not accepted: sign the bundle again without -l",
				 shown);
	memcpy(ret_signature->id, line.id, sizeof(line.id));
	memcpy(ret_signature->file, line.signature, sizeof(line.signature));
	memcpy(ret_signature->comment, lines[2].data, lines[2].size);
	ret_signature->comment[lines[2].size] = '\0';
	return 0;
}

int minisign_hash(int fd, const char *shown, uint64_t limit, uint8_t ret_hash[MINISIGN_HASH_SIZE],
		  struct error *err)
{
	crypto_generichash_state hash;
	uint8_t chunk[CHUNK_SIZE];
	uint64_t total = 0;
	ssize_t count;

	crypto_generichash_init(&hash, NULL, 0, MINISIGN_HASH_SIZE);
	if (lseek(fd, 0, SEEK_SET))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot read this file (is it a regular file?)", shown);
	while ((count = read(fd, chunk, sizeof(chunk)))) {
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return error_set_errno(err, ERROR_SYSTEM, errno,
					       "%s: cannot read this file (check the disk)", shown);
		total += (uint64_t)count;
		if (total > limit)
			return error_set(err, ERROR_TOO_LARGE,
					 "%s has more than %llu bytes, so it is not a bundle",
					 shown, (unsigned long long)limit);
		crypto_generichash_update(&hash, chunk, (size_t)count);
	}
	crypto_generichash_final(&hash, ret_hash, MINISIGN_HASH_SIZE);
	lseek(fd, 0, SEEK_SET);
	return 0;
}

/* What the second signature covers: the first, and the comment. Returns its size. */
static size_t join(const uint8_t file[64], const char *comment,
		   uint8_t ret_all[64 + MINISIGN_COMMENT_MAX])
{
	size_t size = strnlen(comment, MINISIGN_COMMENT_MAX);

	memcpy(ret_all, file, 64);
	memcpy(ret_all + 64, comment, size);
	return 64 + size;
}

int minisign_check(const struct minisign_signature *signature, const struct minisign_public *key,
		   const uint8_t hash[MINISIGN_HASH_SIZE], const char *shown, struct error *err)
{
	uint8_t all[64 + MINISIGN_COMMENT_MAX];
	char id[MINISIGN_ID_TEXT_SIZE];
	size_t size = join(signature->file, signature->comment, all);

	minisign_id_text(key->id, id);
	if (memcmp(signature->id, key->id, sizeof(key->id)) != 0 ||
	    crypto_sign_verify_detached(signature->file, hash, MINISIGN_HASH_SIZE, key->key))
		return error_set(err, ERROR_CHECKSUM,
				 "%s: the signature does not fit this file and the key %s: the "
				 "file was changed after it was signed, or another key signed it",
				 shown, id);
	if (crypto_sign_verify_detached(signature->all, all, size, key->key))
		return error_set(err, ERROR_CHECKSUM,
				 "%s: the signature's comment was changed after it was signed with "
				 "the key %s: get the signature again",
				 shown, id);
	return 0;
}

void minisign_sign(const struct minisign_secret *key, const uint8_t hash[MINISIGN_HASH_SIZE],
		   const char *comment, struct buffer *text)
{
	struct signature_line line = {.algorithm = {'E', 'D'}};
	uint8_t all[64 + MINISIGN_COMMENT_MAX], whole[64];
	char first[128], second[128];

	memcpy(line.id, key->id, sizeof(line.id));
	crypto_sign_detached(line.signature, NULL, hash, MINISIGN_HASH_SIZE, key->key);
	crypto_sign_detached(whole, NULL, all, join(line.signature, comment, all), key->key);
	sodium_bin2base64(first, sizeof(first), (const uint8_t *)&line, sizeof(line),
			  sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(second, sizeof(second), whole, sizeof(whole),
			  sodium_base64_VARIANT_ORIGINAL);
	buffer_printf(text, UNTRUSTED "signature of harvester\n%s\n" TRUSTED "%.*s\n%s\n", first,
		      MINISIGN_COMMENT_MAX, comment, second);
}
