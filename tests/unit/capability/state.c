#include "fixture.h"

/* A store that keeps one value, and remembers how it was asked. */
struct fake {
	struct capability_state_store base;
	char plugin[32], key[256];
	uint8_t value[64];
	size_t size, quota;
	unsigned calls;
	int fail;	     /* with this code, if not 0 */
	const char *key_two; /* of keys() */
};

static int note(struct capability_state_store *store, const char *plugin, const char *key,
		struct error *err)
{
	struct fake *fake = (struct fake *)store;

	fake->calls++;
	snprintf(fake->plugin, sizeof(fake->plugin), "%s", plugin);
	snprintf(fake->key, sizeof(fake->key), "%s", key);
	return fake->fail ? error_set(err, fake->fail, "the store says no") : 0;
}

static int fake_get(struct capability_state_store *store, const char *plugin, const char *key,
		    uint8_t **ret_value, size_t *ret_size, struct error *err)
{
	struct fake *fake = (struct fake *)store;
	int ret = note(store, plugin, key, err);

	if (ret)
		return ret;
	*ret_value = malloc(fake->size + 1);
	assert_non_null(*ret_value);
	memcpy(*ret_value, fake->value, fake->size);
	*ret_size = fake->size;
	return 0;
}

static int fake_set(struct capability_state_store *store, const char *plugin, const char *key,
		    const uint8_t *value, size_t size, size_t quota, struct error *err)
{
	struct fake *fake = (struct fake *)store;
	int ret = note(store, plugin, key, err);

	if (ret)
		return ret;
	assert_true(size <= sizeof(fake->value));
	if (size)
		memcpy(fake->value, value, size);
	fake->size = size;
	fake->quota = quota;
	return 0;
}

static int fake_remove(struct capability_state_store *store, const char *plugin, const char *key,
		       struct error *err)
{
	return note(store, plugin, key, err);
}

static int fake_keys(struct capability_state_store *store, const char *plugin, json_t **ret_keys,
		     struct error *err)
{
	struct fake *fake = (struct fake *)store;
	int ret = note(store, plugin, "", err);

	if (!ret)
		*ret_keys = json_pack("[s, s*]", "one", fake->key_two);
	return ret;
}

static const struct capability_state_ops fake_ops = {
	.get = fake_get,
	.set = fake_set,
	.remove = fake_remove,
	.keys = fake_keys,
};

static struct fake *keep(struct fixture *f)
{
	static struct fake fake;

	fake = (struct fake){.base.ops = &fake_ops};
	f->client.state_quota = 1000;
	assert_int_equal(capability_host_keep_state(f->host, &fake.base, &f->err), 0);
	return &fake;
}

static void test_set_and_get(void **state)
{
	struct fixture *f = *state;
	struct fake *fake = keep(f);
	const cbor_item_t *value;

	fixture_call(f, "state", "set",
		     ARGS(2, value_text("count"), value_bytes((const uint8_t *)"\0two", 4)));
	assert_true(value_is_null(fixture_payload(f, true)));
	assert_string_equal(fake->plugin, "test");
	assert_string_equal(fake->key, "count");
	assert_int_equal(fake->quota, 1000);
	fixture_call(f, "state", "get", ARGS(1, value_text("k")));
	assert_string_equal(fake->key, "k");
	value = fixture_payload(f, true);
	assert_true(cbor_isa_bytestring(value));
	assert_int_equal(cbor_bytestring_length(value), 4);
	assert_memory_equal(cbor_bytestring_handle(value), "\0two", 4);
}

static void test_empty_value(void **state)
{
	struct fixture *f = *state;
	struct fake *fake = keep(f);

	fake->size = 1;
	fixture_call(f, "state", "set", ARGS(2, value_text("k"), value_bytes(NULL, 0)));
	assert_int_equal(fake->size, 0);
	fixture_call(f, "state", "get", ARGS(1, value_text("k")));
	assert_int_equal(cbor_bytestring_length(fixture_payload(f, true)), 0);
}

static void test_missing_key(void **state)
{
	struct fixture *f = *state;

	keep(f)->fail = ERROR_NOT_FOUND;
	fixture_call(f, "state", "get", ARGS(1, value_text("k")));
	assert_true(value_is_null(fixture_payload(f, true)));
}

static void test_delete(void **state)
{
	struct fixture *f = *state;
	struct fake *fake = keep(f);

	fixture_call(f, "state", "delete", ARGS(1, value_text("old")));
	assert_true(value_is_null(fixture_payload(f, true)));
	assert_string_equal(fake->key, "old");
}

static void test_keys(void **state)
{
	struct fixture *f = *state;
	struct fake *fake = keep(f);
	const cbor_item_t *keys;

	fixture_call(f, "state", "keys", ARGS(0));
	assert_int_equal(cbor_array_size(fixture_payload(f, true)), 1);
	fake->key_two = "\xc3\xa4";
	fixture_call(f, "state", "keys", ARGS(0));
	keys = fixture_payload(f, true);
	assert_int_equal(cbor_array_size(keys), 2);
	assert_int_equal(cbor_string_length(cbor_array_handle(keys)[1]), 2);
	assert_memory_equal(cbor_string_handle(cbor_array_handle(keys)[1]), "\xc3\xa4", 2);
}

/* The store's text reaches the plugin. */
static void test_errors(void **state)
{
	struct fixture *f = *state;

	keep(f)->fail = ERROR_TOO_LARGE;
	fixture_call(f, "state", "set", ARGS(2, value_text("k"), value_bytes(NULL, 0)));
	fixture_assert_error(f, "the store says no");
	fixture_call(f, "state", "get", ARGS(1, value_text("k")));
	fixture_assert_error(f, "the store says no");
	fixture_call(f, "state", "delete", ARGS(1, value_text("k")));
	fixture_assert_error(f, "the store says no");
	fixture_call(f, "state", "keys", ARGS(0));
	fixture_assert_error(f, "the store says no");
}

static void test_key_with_0_byte(void **state)
{
	struct fixture *f = *state;
	struct fake *fake = keep(f);

	fixture_call(f, "state", "get", ARGS(1, cbor_build_stringn("a\0b", 3)));
	fixture_assert_error(f, "a state key cannot contain a 0 byte: choose another key");
	assert_int_equal(fake->calls, 0);
}

static void test_no_store(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "state", "get", ARGS(1, value_text("k")));
	fixture_assert_error(f, "this node stores no plugin state: its log says why its data "
				"folder cannot be used");
	fixture_call(f, "state", "keys", ARGS(0));
	fixture_assert_error(f, "this node stores no plugin state: its log says why its data "
				"folder cannot be used");
}

/* The plugin dies with its call under way: the value is set, nobody is answered, nothing leaks. */
static void test_abandoned(void **state)
{
	struct fixture *f = *state;
	struct fake *fake = keep(f);
	struct capability_call *call = NULL;

	assert_int_equal(
		fixture_dispatch(f, "state", "set",
				 ARGS(2, value_text("k"), value_bytes((const uint8_t *)"v", 1)),
				 &call),
		0);
	assert_non_null(call);
	memset(&f->client, 0xAA, sizeof(f->client));
	capability_call_abandon(call);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->answers, 0);
	assert_string_equal(fake->plugin, "test");
	assert_int_equal(fake->size, 1);
}

static int note_begin(struct capability_state_store *candidate, const char *plugin,
		      struct error *err)
{
	return note(candidate, plugin, "begin", err);
}

static int note_keep(struct capability_state_store *candidate, const char *plugin,
		     struct error *err)
{
	return note(candidate, plugin, "keep", err);
}

static int note_drop(struct capability_state_store *candidate, const char *plugin,
		     struct error *err)
{
	return note(candidate, plugin, "drop", err);
}

static const struct capability_candidate_ops fake_candidate_ops = {note_begin, note_keep,
								   note_drop};

/* The store has a second one for candidates, and this client is one. */
static struct fake *keep_apart(struct fixture *f, struct fake **ret_fake)
{
	static struct fake candidate;

	candidate = (struct fake){.base = {.ops = &fake_ops, .candidate_ops = &fake_candidate_ops}};
	*ret_fake = keep(f);
	(*ret_fake)->base.candidate = &candidate.base;
	f->client.is_candidate = true;
	return &candidate;
}

static unsigned lost;

static void note_lost(const char *name, const char *text)
{
	assert_string_equal(name, "test");
	assert_string_equal(text, "the plugin starts with its old state, since what its new "
				  "version had set could not be stored: the store says no");
	lost++;
}

static void set_k(struct fixture *f)
{
	fixture_call(f, "state", "set",
		     ARGS(2, value_text("k"), value_bytes((const uint8_t *)"v", 1)));
}

static void test_candidate_kept(void **state)
{
	struct fixture *f = *state;
	struct fake *own, *candidate = keep_apart(f, &own);

	set_k(f);
	assert_int_equal(candidate->calls, 2); /* it began, and was set */
	set_k(f);
	assert_int_equal(candidate->calls, 3);
	capability_client_promote(&f->client, note_lost);
	set_k(f);
	assert_int_equal(candidate->calls, 4);
	assert_string_equal(candidate->key, "keep");
	assert_int_equal(own->calls, 1);
	assert_string_equal(own->key, "k");
	assert_int_equal(lost, 0);
}

static void test_candidate_dropped(void **state)
{
	struct fixture *f = *state;
	struct fake *own, *candidate = keep_apart(f, &own);

	capability_client_end(&f->client, true);
	set_k(f);
	capability_client_end(&f->client, true);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(candidate->calls, 3);
	assert_string_equal(candidate->key, "drop");
	assert_int_equal(own->calls, 0);
}

static void test_candidate_lost(void **state)
{
	struct fixture *f = *state;
	struct fake *own, *candidate = keep_apart(f, &own);

	set_k(f);
	candidate->fail = ERROR_SYSTEM;
	capability_client_promote(&f->client, note_lost);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(lost, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set_and_get),
		TEST(test_empty_value),
		TEST(test_missing_key),
		TEST(test_delete),
		TEST(test_keys),
		TEST(test_errors),
		TEST(test_no_store),
		TEST(test_key_with_0_byte),
		TEST(test_abandoned),
		TEST(test_candidate_kept),
		TEST(test_candidate_dropped),
		TEST(test_candidate_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
