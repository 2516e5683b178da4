#include "bundle/trust.h"

#include "base/buffer.h"
#include "fixture.h"

#define EXPIRES_MS 1800000000000

struct signer {
	struct minisign_public public;
	struct minisign_secret secret;
	char id[MINISIGN_ID_TEXT_SIZE], line[MINISIGN_PUBLIC_TEXT_SIZE];
};

static struct signer make_signer(void)
{
	struct signer signer;
	struct buffer text;

	minisign_make_keys(&signer.public, &signer.secret);
	minisign_id_text(signer.public.id, signer.id);
	buffer_init(&text, MINISIGN_FILE_MAX);
	minisign_public_print(&signer.public, &text);
	snprintf(signer.line, sizeof(signer.line), "%s",
		 (const char *)memchr(text.data, '\n', text.size) + 1);
	buffer_finish(&text);
	return signer;
}

/* Sign the text "abc" and check it. */
static int check(struct fixture *fixture, const struct signer *signer,
		 char ret_id[MINISIGN_ID_TEXT_SIZE], struct error *err)
{
	uint8_t hash[MINISIGN_HASH_SIZE];
	struct buffer text;
	int fd, ret;

	buffer_init(&text, MINISIGN_FILE_MAX);
	make_file(&fixture->folder, "b", "abc");
	fd = open(at(&fixture->folder, "b"), O_RDONLY | O_CLOEXEC);
	if (signer) {
		assert_int_equal(minisign_hash(fd, "b", 3, hash, NULL), 0);
		minisign_sign(&signer->secret, hash, "c", &text);
		assert_int_equal(buffer_append(&text, "", 1), 0);
	}
	ret = bundle_trust_check(&fixture->config, fd, signer ? text.data : NULL, "b", ret_id, err);
	buffer_finish(&text);
	close(fd);
	return ret;
}

static void trust(struct fixture *fixture, char *key)
{
	fixture->config.updates.trusted_keys[fixture->config.updates.trusted_keys_count++].key =
		key;
}

static void test_without_a_signature(void **state)
{
	struct fixture *fixture = *state;
	char id[MINISIGN_ID_TEXT_SIZE];
	struct error err;

	assert_int_equal(check(fixture, NULL, id, NULL), 0);
	assert_string_equal(id, BUNDLE_UNSIGNED);
	fixture->config.updates.require_signature = true;
	assert_int_equal(check(fixture, NULL, id, &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "b has no signature, which this node requires"));
}

/* A signature that is there is checked, also where none is required. */
static void test_a_key_that_nobody_trusts(void **state)
{
	struct signer signer = make_signer(), other = make_signer();
	struct fixture *fixture = *state;
	char id[MINISIGN_ID_TEXT_SIZE];
	struct error err;

	trust(fixture, other.line);
	assert_int_equal(check(fixture, &signer, id, &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, signer.id));
	assert_non_null(strstr(err.text, "which this node does not trust"));
	memcpy(signer.secret.id, other.public.id, sizeof(signer.secret.id));
	assert_int_equal(check(fixture, &signer, id, NULL), ERROR_CHECKSUM);
}

/* The last of as many keys as the configuration may have, from its text or from its file. */
static void test_the_last_key(void **state)
{
	struct signer signers[CONFIG_TRUSTED_KEYS_MAX];
	struct fixture *fixture = *state;
	char id[MINISIGN_ID_TEXT_SIZE], path[128];

	for (size_t i = 0; i < CONFIG_TRUSTED_KEYS_MAX; i++) {
		signers[i] = make_signer();
		trust(fixture, signers[i].line);
	}
	assert_int_equal(check(fixture, &signers[CONFIG_TRUSTED_KEYS_MAX - 1], id, NULL), 0);
	assert_string_equal(id, signers[CONFIG_TRUSTED_KEYS_MAX - 1].id);
	snprintf(path, sizeof(path), "%s", at(&fixture->folder, "key.pub"));
	fixture->config.updates.trusted_keys[CONFIG_TRUSTED_KEYS_MAX - 1].key = path;
	assert_int_equal(check(fixture, &signers[CONFIG_TRUSTED_KEYS_MAX - 1], id, NULL),
			 ERROR_NOT_GRANTED);
	make_file(&fixture->folder, "key.pub", signers[CONFIG_TRUSTED_KEYS_MAX - 1].line);
	assert_int_equal(check(fixture, &signers[CONFIG_TRUSTED_KEYS_MAX - 1], id, NULL), 0);
}

static int check_manifest(struct fixture *fixture, const char *id,
			  const struct bundle_manifest *manifest, uint64_t now_ms, bool is_good,
			  struct error *err)
{
	const struct bundle_time time = {now_ms, is_good};

	return bundle_trust_check_manifest(&fixture->config, id, manifest, &time, err);
}

static void test_names_of_a_key(void **state)
{
	struct bundle_manifest manifest = {.name = NAME, .host = "0"};
	struct signer signer = make_signer();
	struct fixture *fixture = *state;
	struct config_trusted_key *key = &fixture->config.updates.trusted_keys[0];
	char other[] = "other", name[] = NAME;
	struct error err;

	trust(fixture, signer.line);
	assert_int_equal(check_manifest(fixture, signer.id, &manifest, 1, true, NULL), 0);
	for (size_t i = 0; i < CONFIG_KEY_NAMES_MAX; i++)
		key->names[i] = other;
	assert_int_equal(check_manifest(fixture, signer.id, &manifest, 1, true, &err),
			 ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "may not sign the plugin lamp"));
	key->names[CONFIG_KEY_NAMES_MAX - 1] = name;
	assert_int_equal(check_manifest(fixture, signer.id, &manifest, 1, true, NULL), 0);
	assert_int_equal(check_manifest(fixture, "0000000000000000", &manifest, 1, true, NULL),
			 ERROR_NOT_GRANTED);
	assert_int_equal(check_manifest(fixture, BUNDLE_UNSIGNED, &manifest, 1, true, NULL), 0);
}

/* To the millisecond, and only where the clock can be believed. */
static void test_expiry(void **state)
{
	struct bundle_manifest manifest = {
		.name = NAME, .version = "1", .host = "0", .expires_ms = EXPIRES_MS};
	struct fixture *fixture = *state;
	struct error err;

	assert_int_equal(
		check_manifest(fixture, BUNDLE_UNSIGNED, &manifest, EXPIRES_MS - 1, true, NULL), 0);
	assert_int_equal(
		check_manifest(fixture, BUNDLE_UNSIGNED, &manifest, EXPIRES_MS, true, &err),
		ERROR_TIMEOUT);
	assert_non_null(strstr(err.text, "the bundle lamp 1 expired at 2027-01-15T08:00:00Z"));
	assert_int_equal(
		check_manifest(fixture, BUNDLE_UNSIGNED, &manifest, EXPIRES_MS, false, NULL), 0);
}

static void test_version_of_harvester(void **state)
{
	struct bundle_manifest manifest = {.name = NAME, .version = "1", .host = HARVESTER_VERSION};
	struct fixture *fixture = *state;
	struct error err;

	assert_int_equal(check_manifest(fixture, BUNDLE_UNSIGNED, &manifest, 1, true, NULL), 0);
	snprintf(manifest.host, sizeof(manifest.host), "%s.1", HARVESTER_VERSION);
	assert_int_equal(check_manifest(fixture, BUNDLE_UNSIGNED, &manifest, 1, true, &err),
			 ERROR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "update harvester first"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_without_a_signature),
		TEST(test_a_key_that_nobody_trusts),
		TEST(test_the_last_key),
		TEST(test_names_of_a_key),
		TEST(test_expiry),
		TEST(test_version_of_harvester),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
