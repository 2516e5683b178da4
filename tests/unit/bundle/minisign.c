#include "bundle/minisign.h"

#include <sodium.h>

#include "../plugin/folder.h"
#include "base/buffer.h"
#include "base/error.h"

static struct minisign_public public;
static struct minisign_secret secret;
static uint8_t hash[MINISIGN_HASH_SIZE];

static int make_keys(void **state)
{
	(void)state;
	minisign_make_keys(&public, &secret);
	memset(hash, 7, sizeof(hash));
	return 0;
}

/* The text of a signature with this comment; the caller frees it. */
static char *sign(const char *comment)
{
	struct buffer text;
	char *copy;

	buffer_init(&text, 4 * MINISIGN_FILE_MAX);
	minisign_sign(&secret, hash, comment, &text);
	assert_int_equal(text.failed, 0);
	copy = strndup(text.data, text.size);
	buffer_finish(&text);
	return copy;
}

static int parse(const char *text, struct minisign_signature *ret_signature, struct error *err)
{
	return minisign_signature_parse(text, strlen(text), "f.minisig", ret_signature, err);
}

static void test_own_signature(void **state)
{
	struct minisign_signature signature;
	char *text = sign("lamp 1");

	(void)state;
	assert_int_equal(parse(text, &signature, NULL), 0);
	assert_string_equal(signature.comment, "lamp 1");
	assert_int_equal(minisign_check(&signature, &public, hash, "f", NULL), 0);
	free(text);
}

/* A change of any letter is seen, but in the first line, which says itself that it is untrusted. */
static void test_each_letter_counts(void **state)
{
	struct minisign_signature signature;
	char *text = sign("lamp 1"), *begin = strchr(text, '\n');

	(void)state;
	for (char *at = begin; *at; at++) {
		char was = *at;

		*at = was == 'A' ? 'B' : 'A';
		if (!parse(text, &signature, NULL))
			assert_int_equal(minisign_check(&signature, &public, hash, "f", NULL),
					 ERROR_CHECKSUM);
		*at = was;
	}
	hash[63] ^= 1;
	assert_int_equal(parse(text, &signature, NULL), 0);
	assert_int_equal(minisign_check(&signature, &public, hash, "f", NULL), ERROR_CHECKSUM);
	hash[63] ^= 1;
	free(text);
}

static void test_comment_at_its_limit(void **state)
{
	struct minisign_signature signature;
	char comment[MINISIGN_COMMENT_MAX + 1] = {0}, *text, *line, *longer;
	struct error err;

	(void)state;
	memset(comment, 'c', MINISIGN_COMMENT_MAX);
	text = sign(comment);
	assert_int_equal(parse(text, &signature, NULL), 0);
	assert_int_equal(minisign_check(&signature, &public, hash, "f", NULL), 0);
	line = strstr(text, "trusted comment: ccc");
	assert_true(asprintf(&longer, "%.*sx%s", (int)(line + 17 - text), text, line + 17) > 0);
	assert_int_equal(parse(longer, &signature, &err), ERROR_MALFORMED);
	assert_non_null(strstr(err.text, "f.minisig is not a signature of minisign"));
	free(longer);
	free(text);
}

static void test_exactly_four_lines(void **state)
{
	struct minisign_signature signature;
	char *text = sign("c"), *more;

	(void)state;
	assert_true(asprintf(&more, "%s\n", text) > 0);
	assert_int_equal(parse(more, &signature, NULL), ERROR_MALFORMED);
	free(more);
	assert_true(asprintf(&more, "%s%s", text, text) > 0);
	assert_int_equal(parse(more, &signature, NULL), ERROR_MALFORMED);
	free(more);
	text[strlen(text) - 1] = '\0'; /* the last line may lack its end */
	assert_int_equal(parse(text, &signature, NULL), 0);
	*strrchr(text, '\n') = '\0';
	assert_int_equal(parse(text, &signature, NULL), ERROR_MALFORMED);
	assert_int_equal(parse("", &signature, NULL), ERROR_MALFORMED);
	free(text);
}

/* "Ed" signs the file itself; in base64 the three first bytes "ED?" and "Ed?" differ in a letter.
 */
static void test_old_form(void **state)
{
	struct minisign_signature signature;
	char *text = sign("c"), *line = strchr(text, '\n') + 1;
	struct error err;

	(void)state;
	assert_memory_equal(line, "RU", 2);
	line[1] = 'W';
	assert_int_equal(parse(text, &signature, &err), ERROR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "sign the bundle again without -l"));
	free(text);
}

static void test_another_key(void **state)
{
	struct minisign_signature signature;
	struct minisign_public other;
	struct minisign_secret unused;
	char *text = sign("c");

	(void)state;
	minisign_make_keys(&other, &unused);
	assert_int_equal(parse(text, &signature, NULL), 0);
	assert_int_equal(minisign_check(&signature, &other, hash, "f", NULL), ERROR_CHECKSUM);
	memcpy(other.id, public.id, sizeof(other.id));
	assert_int_equal(minisign_check(&signature, &other, hash, "f", NULL), ERROR_CHECKSUM);
	free(text);
}

static void test_hash_at_its_limit(void **state)
{
	uint8_t found[MINISIGN_HASH_SIZE], expected[MINISIGN_HASH_SIZE];
	struct error err;
	int fd;

	make_file(*state, "f", "12345678");
	fd = open(at(*state, "f"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(minisign_hash(fd, "f", 8, found, NULL), 0);
	crypto_generichash(expected, sizeof(expected), (const uint8_t *)"12345678", 8, NULL, 0);
	assert_memory_equal(found, expected, sizeof(found));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_int_equal(minisign_hash(fd, "f", 7, found, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "f has more than 7 bytes, so it is not a bundle");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_signature),
		cmocka_unit_test(test_each_letter_counts),
		cmocka_unit_test(test_comment_at_its_limit),
		cmocka_unit_test(test_exactly_four_lines),
		cmocka_unit_test(test_old_form),
		cmocka_unit_test(test_another_key),
		cmocka_unit_test_setup_teardown(test_hash_at_its_limit, folder_setup,
						folder_teardown),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
