#include "base/name_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT 1000

struct thing {
	const char *name;
	char text[16];
};

static struct thing things[COUNT];

static void each_is_found_by_its_name(void **state)
{
	struct name_index index = {NULL};

	(void)state;
	assert_null(name_index_find(&index, "thing-0"));
	for (int i = 0; i < COUNT; i++) {
		snprintf(things[i].text, sizeof(things[i].text), "thing-%d", i);
		things[i].name = things[i].text;
		assert_int_equal(name_index_add(&index, &things[i]), 0);
	}
	for (int i = 0; i < COUNT; i++)
		assert_ptr_equal(name_index_find(&index, things[i].text), &things[i]);
	assert_null(name_index_find(&index, "thing"));
	assert_null(name_index_find(&index, ""));
	for (int i = 0; i < COUNT; i += 2)
		name_index_remove(&index, &things[i]);
	for (int i = 0; i < COUNT; i++)
		assert_ptr_equal(name_index_find(&index, things[i].text),
				 i % 2 ? &things[i] : NULL);
	for (int i = 1; i < COUNT; i += 2)
		name_index_remove(&index, &things[i]);
	assert_null(index.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_found_by_its_name)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
