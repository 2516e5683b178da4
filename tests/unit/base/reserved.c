#include "base/reserved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_hosts_names_are_reserved_in_any_case(void **state)
{
	static const char *const reserved[] = {"broker", "web",	 "Web", "ACCOUNTS", "plugins",
					       "hub",	 "_log", "_",	"__proto__"};
	static const char *const free_names[] = {"dht22", "web2",    "my-broker",
						 "log_",  "network", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		assert_true(name_is_reserved(reserved[i]));
	for (size_t i = 0; i < sizeof(free_names) / sizeof(*free_names); i++)
		assert_false(name_is_reserved(free_names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hosts_names_are_reserved_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
