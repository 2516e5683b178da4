#include "config/toml.h"

#include <math.h>

#include "base/error.h"
#include "expect.h"

static struct toml_node *parse(const char *text)
{
	struct toml_error error = {.text = ""};
	struct toml_node *root = NULL;
	int ret = toml_parse(text, strlen(text), &root, &error);

	assert_string_equal(error.text, "");
	assert_int_equal(ret, 0);
	return root;
}

static void test_kinds_and_places(void **state)
{
	struct toml_node *root = parse("z = 1\n"
				       "a = 2.5\n"
				       "[table]\n"
				       "s = \"x\"\n"
				       "  b = true\n"
				       "d = 2026-01-31\n"
				       "list = [ 1, -inf ]\n");
	struct toml_node *node = root->first;

	(void)state;
	assert_int_equal(root->kind, TOML_TABLE);
	assert_int_equal(root->count, 3);
	assert_string_equal(node->key, "z"); /* as in the file, not by name */
	assert_int_equal(node->kind, TOML_INTEGER);
	assert_int_equal(node->integer, 1);
	node = node->next;
	assert_string_equal(node->key, "a");
	assert_int_equal(node->kind, TOML_FLOAT);
	assert_true(node->number == 2.5);
	node = node->next;
	assert_string_equal(node->key, "table");
	assert_int_equal(node->kind, TOML_TABLE);
	assert_int_equal(node->key_line, 3);
	assert_int_equal(node->key_column, 2);
	assert_null(node->next);

	node = toml_find(node, "b");
	assert_int_equal(node->kind, TOML_BOOLEAN);
	assert_true(node->boolean);
	assert_int_equal(node->key_line, 5);
	assert_int_equal(node->key_column, 3);
	assert_int_equal(node->line, 5);
	assert_int_equal(node->column, 7);
	node = node->next;
	assert_int_equal(node->kind, TOML_DATE);
	assert_string_equal(node->text, "2026-01-31");
	node = node->next;
	assert_int_equal(node->kind, TOML_ARRAY);
	assert_int_equal(node->count, 2);
	assert_null(node->first->key);
	assert_int_equal(node->first->integer, 1);
	assert_int_equal(node->first->column, 10);
	assert_true(isinf(node->first->next->number));
	toml_destroy(root);
}

static void test_dates(void **state)
{
	struct toml_node *root = parse("a = 07:32:00\nb = 1979-05-27T00:32:00.5-07:00\n");

	(void)state;
	assert_string_equal(toml_find(root, "a")->text, "07:32:00");
	assert_string_equal(toml_find(root, "b")->text, "1979-05-27T00:32:00.5-07:00");
	toml_destroy(root);
}

static void test_find(void **state)
{
	struct toml_node *root = parse("a = 1");

	(void)state;
	assert_null(toml_find(root, "b"));
	assert_null(toml_find(root->first, "a"));
	assert_null(toml_find(NULL, "a"));
	toml_destroy(root);
	toml_destroy(NULL);
}

static void test_empty_and_byte_order_mark(void **state)
{
	struct toml_node *root = parse("");

	(void)state;
	assert_int_equal(root->count, 0);
	toml_destroy(root);
	root = parse("\xef\xbb\xbf"
		     "a = 1");
	assert_int_equal(root->count, 1);
	toml_destroy(root);
}

static void test_errors_have_a_place(void **state)
{
	struct toml_node *root = NULL;
	struct toml_error error;

	(void)state;
	assert_int_equal(toml_parse("a = 1\na = 2\n", 12, &root, &error), ERROR_MALFORMED);
	assert_null(root);
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, 5);
	assert_string_equal(
		error.text,
		"Error while parsing key-value pair: cannot redefine existing integer 'a'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_and_places),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_empty_and_byte_order_mark),
		cmocka_unit_test(test_errors_have_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
