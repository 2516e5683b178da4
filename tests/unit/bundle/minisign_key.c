#include <sodium.h>

#include "../plugin/folder.h"
#include "base/buffer.h"
#include "base/error.h"
#include "bundle/minisign.h"

/* The key that signs the releases of minisign itself. */
#define FOREIGN "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
#define FOREIGN_ID "E7620F1842B4E81F"
#define SECRET_SIZE 158 /* bytes of a secret key's file, before base64 */

static struct minisign_public public;
static struct minisign_secret secret;

static int make_keys(void **state)
{
	(void)state;
	minisign_make_keys(&public, &secret);
	return 0;
}

static int parse_public(const char *text, struct minisign_public *ret_key)
{
	return minisign_public_parse(text, strlen(text), "k", ret_key, NULL);
}

/* The id is shown as minisign shows it: the last byte first. */
static void test_a_key_of_minisign(void **state)
{
	struct minisign_public key;
	char id[MINISIGN_ID_TEXT_SIZE];

	(void)state;
	assert_int_equal(parse_public(FOREIGN, &key), 0);
	minisign_id_text(key.id, id);
	assert_string_equal(id, FOREIGN_ID);
	assert_int_equal(key.id[0], 0x1f);
}

/* If the text is not a public key, the key is unchanged. */
static void test_forms_of_a_public_key(void **state)
{
	static const struct {
		const char *text;
		bool is_key;
	} forms[] = {
		{FOREIGN "\n", true},
		{FOREIGN "\r\n", true},
		{"untrusted comment: x\n" FOREIGN, true},
		{"untrusted comment: x\r\n" FOREIGN "\r\n", true},
		{"untrusted comment: x", false},
		{"untrusted comment: x\n", false},
		{"trusted comment: x\n" FOREIGN, false},
		{FOREIGN "\n" FOREIGN, false},
		{FOREIGN "\n\n", false},
		{" " FOREIGN, false},
		{FOREIGN "A", false},
		/* "ED" in place of "Ed": that is a signature. */
		{"RUQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3", false},
	};
	const struct minisign_public none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct minisign_public key = {0};
		int ret = parse_public(forms[i].text, &key);

		if (ret != (forms[i].is_key ? 0 : ERROR_MALFORMED) ||
		    (!memcmp(&key, &none, sizeof(key))) == forms[i].is_key)
			fail_msg("%s: %d", forms[i].text, ret);
	}
}

static void test_error_texts(void **state)
{
	struct minisign_secret key;
	struct minisign_public other;
	struct error err;

	(void)state;
	assert_int_equal(minisign_public_parse("x", 1, "me.pub", &other, &err), ERROR_MALFORMED);
	assert_string_equal(err.text,
			    "me.pub is not a public key of minisign: expected the file that "
			    "`harvester bundle keygen` or `minisign -G` made, or its line of 56 "
			    "characters");
	assert_int_equal(minisign_secret_parse("x", 1, "me.key", &key, &err), ERROR_MALFORMED);
	assert_string_equal(err.text, "me.key is not a secret key of minisign: name the file that "
				      "`harvester bundle keygen` or `minisign -G` made");
}

static void test_keys_come_back(void **state)
{
	struct minisign_public again;
	struct minisign_secret again_secret;
	struct buffer text;
	char *line;

	(void)state;
	buffer_init(&text, MINISIGN_FILE_MAX);
	minisign_public_print(&public, &text);
	assert_int_equal(minisign_public_parse(text.data, text.size, "k", &again, NULL), 0);
	assert_memory_equal(&again, &public, sizeof(again));
	line = memchr(text.data, '\n', text.size);
	assert_int_equal(
		minisign_public_parse(line + 1, MINISIGN_PUBLIC_TEXT_SIZE - 1, "k", &again, NULL),
		0);
	assert_int_equal(
		minisign_public_parse(line + 1, MINISIGN_PUBLIC_TEXT_SIZE - 2, "k", &again, NULL),
		ERROR_MALFORMED);
	assert_int_equal(minisign_public_parse("", 0, "k", &again, NULL), ERROR_MALFORMED);
	buffer_clear(&text);
	minisign_secret_print(&secret, &text);
	assert_int_equal(minisign_secret_parse(text.data, text.size, "k", &again_secret, NULL), 0);
	assert_memory_equal(&again_secret, &secret, sizeof(secret));
	assert_int_equal(minisign_public_parse(text.data, text.size, "k", &again, NULL),
			 ERROR_MALFORMED);
	buffer_finish(&text);
}

/* The file of our key, with other bytes at `offset`: 2 has how the password is used. */
static int parse_changed(size_t offset, const char *two_bytes, struct minisign_secret *ret_key,
			 struct error *err)
{
	uint8_t file[SECRET_SIZE];
	char base64[256];
	struct buffer text;
	size_t size;

	buffer_init(&text, MINISIGN_FILE_MAX);
	minisign_secret_print(&secret, &text);
	assert_int_equal(sodium_base642bin(file, sizeof(file), strchr(text.data, '\n') + 1,
					   strlen(strchr(text.data, '\n') + 1), "\n", &size, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	assert_int_equal(size, SECRET_SIZE);
	buffer_finish(&text);
	memcpy(file + offset, two_bytes, 2);
	sodium_bin2base64(base64, sizeof(base64), file, sizeof(file),
			  sodium_base64_VARIANT_ORIGINAL);
	return minisign_secret_parse(base64, strlen(base64), "me.key", ret_key, err);
}

static void test_a_key_with_a_password(void **state)
{
	const struct minisign_secret none = {0};
	struct minisign_secret key = {0};
	struct error err;

	(void)state;
	assert_int_equal(parse_changed(2, "Sc", &key, &err), ERROR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "sign with `minisign -S -s me.key -m FILE` instead"));
	assert_memory_equal(&key, &none, sizeof(key));
	assert_int_equal(parse_changed(0, "ED", &key, &err), ERROR_MALFORMED);
	assert_int_equal(parse_changed(2, "\0\0", &key, &err), 0);
	assert_memory_equal(&key, &secret, sizeof(key));
}

/* Two pairs differ, and the halves of a pair belong together. */
static void test_new_keys(void **state)
{
	struct minisign_public other;
	struct minisign_secret other_secret;

	(void)state;
	minisign_make_keys(&other, &other_secret);
	assert_memory_not_equal(other.id, public.id, sizeof(other.id));
	assert_memory_not_equal(other.key, public.key, sizeof(other.key));
	assert_memory_equal(other.id, other_secret.id, sizeof(other.id));
	assert_memory_equal(other.key, other_secret.key + 32, sizeof(other.key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_of_minisign),
		cmocka_unit_test(test_forms_of_a_public_key),
		cmocka_unit_test(test_error_texts),
		cmocka_unit_test(test_keys_come_back),
		cmocka_unit_test(test_a_key_with_a_password),
		cmocka_unit_test(test_new_keys),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
