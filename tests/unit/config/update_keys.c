#include "config/update_keys.h"

#include "base/buffer.h"
#include "parse.h"

#define KEY "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

static void test_defaults(void **state)
{
	struct config *config = parse("");

	(void)state;
	assert_int_equal(config->updates.trusted_keys_count, 0);
	assert_true(config->updates.require_signature);
	assert_null(config->updates.index);
	assert_int_equal(config->updates.probation_polls, 10);
	assert_int_equal(config->updates.probation_failures, 3);
	config_destroy(config);
}

static void test_both_forms_of_a_key(void **state)
{
	struct config *config = parse("[updates]\ntrusted_keys = [\"" KEY
				      "\", {key = \"a.pub\", names = [\"lamp\"]}]\n"
				      "require_signature = false\nprobation_polls = 10000\n");

	(void)state;
	assert_int_equal(config->updates.trusted_keys_count, 2);
	assert_string_equal(config->updates.trusted_keys[0].key, KEY);
	assert_null(config->updates.trusted_keys[0].names[0]);
	assert_string_equal(config->updates.trusted_keys[1].names[0], "lamp");
	assert_null(config->updates.trusted_keys[1].names[1]);
	assert_false(config->updates.require_signature);
	assert_int_equal(config->updates.probation_polls, 10000);
	config_destroy(config);
}

static void test_forms_of_an_index(void **state)
{
	struct config *config = parse("[updates]\nindex = \"https://example.org/plugins\"\n");

	(void)state;
	assert_string_equal(config->updates.index, "https://example.org/plugins");
	config_destroy(config);
	config = parse("[updates]\nindex = \"/media/stick\"\n");
	assert_string_equal(config->updates.index, "/media/stick");
	config_destroy(config);
	refuse("[updates]\nindex = \"ftp://example.org\"\n",
	       "c.toml:2:9: updates.index: expected a URL that begins with https://, or the path "
	       "of a folder, found the string \"ftp://example.org\"\n");
	refuse("[updates]\nindex = \"\"\n",
	       "c.toml:2:9: updates.index: expected a URL that begins with https://, or the path "
	       "of a folder, found the string \"\"\n");
}

static void test_what_is_a_key(void **state)
{
	(void)state;
	assert_true(config_key_is_text(KEY));
	assert_false(config_key_is_text(KEY "x"));
	assert_false(config_key_is_text("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO"));
	assert_false(
		config_key_is_text("XWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"));
	assert_false(
		config_key_is_text("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GF.3"));
	assert_false(config_key_is_text(""));
}

static void test_polls_at_their_limits(void **state)
{
	struct config *config = parse("[updates]\nprobation_polls = 1\n");

	(void)state;
	assert_int_equal(config->updates.probation_polls, 1);
	config_destroy(config);
	refuse("[updates]\nprobation_polls = 0\n",
	       "c.toml:2:19: updates.probation_polls: expected an integer from 1 to 10000, found "
	       "the integer 0\n");
	refuse("[updates]\nprobation_failures = 0\n", "c.toml:2:22: updates.probation_failures: "
						      "expected an integer from 1 to 10000, found "
						      "the integer 0\n");
	refuse("[updates]\nprobation_failures = 10001\n",
	       "c.toml:2:22: updates.probation_failures: expected an integer from 1 to 10000, "
	       "found "
	       "the integer 10001\n");
	refuse("[updates]\nprobation_polls = 10001\n",
	       "c.toml:2:19: updates.probation_polls: expected an integer from 1 to 10000, found "
	       "the integer 10001\n");
}

/* `before`, then "aNb" for each number below `count`, then `after`. The caller frees it. */
static char *print_list(const char *before, int count, const char *a, const char *b,
			const char *after)
{
	struct buffer text;

	buffer_init(&text, 65536);
	assert_int_equal(buffer_append_text(&text, before), 0);
	for (int i = 0; i < count; i++)
		assert_int_equal(buffer_printf(&text, "%s%d%s", a, i, b), 0);
	assert_int_equal(buffer_append(&text, after, strlen(after) + 1), 0);
	return text.data;
}

static void test_keys_at_their_limit(void **state)
{
	char *text = print_list("[updates]\ntrusted_keys = [", CONFIG_TRUSTED_KEYS_MAX, "\"",
				".pub\", ", "]\n");
	struct config *config = parse(text);

	(void)state;
	assert_int_equal(config->updates.trusted_keys_count, CONFIG_TRUSTED_KEYS_MAX);
	config_destroy(config);
	free(text);
	text = print_list("[updates]\ntrusted_keys = [\n", CONFIG_TRUSTED_KEYS_MAX + 1, "\"",
			  ".pub\",\n", "]\n");
	refuse(text, "c.toml:19:1: updates.trusted_keys: more than 16 keys: remove some\n");
	free(text);
}

static void test_names_at_their_limit(void **state)
{
	char *text = print_list("[updates]\ntrusted_keys = [{key = \"a.pub\", names = [",
				CONFIG_KEY_NAMES_MAX, "\"p", "\", ", "]}]\n");
	struct config *config = parse(text);

	(void)state;
	assert_string_equal(config->updates.trusted_keys[0].names[CONFIG_KEY_NAMES_MAX - 1], "p63");
	assert_null(config->updates.trusted_keys[0].names[CONFIG_KEY_NAMES_MAX]);
	config_destroy(config);
	free(text);
	text = print_list("[updates]\ntrusted_keys = [{key = \"a.pub\", names = [\n",
			  CONFIG_KEY_NAMES_MAX + 1, "\"p", "\",\n", "]}]\n");
	refuse(text, "c.toml:67:1: updates.trusted_keys.names: more than 64 names: remove some\n");
	free(text);
}

static void test_copy(void **state)
{
	struct config *config =
		parse("[updates]\ntrusted_keys = [{key = \"a.pub\", names = [\"x\", \"y\"]}]\n"
		      "probation_polls = 3\n[permissions]\nauto_approve = true\n");
	struct config copy;

	(void)state;
	assert_int_equal(config_update_copy(config, &copy), 0);
	config_destroy(config);
	assert_string_equal(copy.updates.trusted_keys[0].key, "a.pub");
	assert_string_equal(copy.updates.trusted_keys[0].names[1], "y");
	assert_int_equal(copy.updates.probation_polls, 3);
	assert_int_equal(copy.updates.probation_failures, 3);
	assert_true(copy.updates.require_signature);
	assert_true(copy.permissions.auto_approve);
	config_update_finish(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_both_forms_of_a_key),
		cmocka_unit_test(test_forms_of_an_index),
		cmocka_unit_test(test_what_is_a_key),
		cmocka_unit_test(test_polls_at_their_limits),
		cmocka_unit_test(test_keys_at_their_limit),
		cmocka_unit_test(test_names_at_their_limit),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
