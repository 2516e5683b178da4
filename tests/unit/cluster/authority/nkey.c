#include "cluster/authority/nkey.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void a_key_is_read_from_its_seed(void **state)
{
	static const enum nkey_kind kinds[] = {NKEY_ACCOUNT, NKEY_OPERATOR, NKEY_USER};
	struct nkey key, read;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		nkey_create(kinds[i], &key);
		assert_int_equal(key.public_text[0], "AOU"[i]);
		assert_int_equal(key.seed[0], 'S');
		assert_int_equal(key.seed[1], "AOU"[i]);
		assert_int_equal(nkey_read(key.seed, &read, NULL), 0);
		assert_string_equal(read.public_text, key.public_text);
		assert_true(nkey_is_public(key.public_text, kinds[i]));
		assert_false(nkey_is_public(key.public_text, kinds[(i + 1) % 3]));
	}
}

/* From the documentation of the engine's own library. */
static void a_known_key(void **state)
{
	struct nkey key;

	(void)state;
	assert_int_equal(
		nkey_read("SUAKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5LDNOXD43IZY", &key, NULL),
		0);
	assert_true(nkey_is_public(key.public_text, NKEY_USER));
}

static void a_damaged_text_is_refused(void **state)
{
	struct nkey key, read;
	struct error err;

	(void)state;
	nkey_create(NKEY_USER, &key);
	for (size_t i = 0; i < strlen(key.seed); i++) {
		char text[NKEY_SEED_SIZE];

		memcpy(text, key.seed, sizeof(text));
		text[i] = text[i] == 'B' ? 'C' : 'B';
		/* The last letter has bits that mean nothing. */
		if (i + 1 < strlen(key.seed))
			assert_int_equal(nkey_read(text, &read, &err), ERROR_MALFORMED);
	}
	assert_int_equal(nkey_read("", &read, &err), ERROR_MALFORMED);
	assert_int_equal(nkey_read(key.public_text, &read, &err), ERROR_MALFORMED);
	assert_false(nkey_is_public("", NKEY_USER));
	assert_false(nkey_is_public(key.seed, NKEY_USER));
}

static void a_signature_is_ed25519(void **state)
{
	unsigned char signature[NKEY_SIGNATURE_SIZE];
	struct nkey key;

	(void)state;
	nkey_create(NKEY_ACCOUNT, &key);
	nkey_sign(&key, "text", 4, signature);
	assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)"text", 4,
						     key.secret + 32),
			 0);
	nkey_finish(&key);
	assert_int_equal(key.seed[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_read_from_its_seed),
		cmocka_unit_test(a_known_key),
		cmocka_unit_test(a_damaged_text_is_refused),
		cmocka_unit_test(a_signature_is_ed25519),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
