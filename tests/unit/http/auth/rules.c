#include "http/auth/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The roles as letters: _ nobody, n node, v viewer, o operator. */
static const char letters[] = "_nvo";

/* Whom each level lets in, and what the others hear: a allowed, l 401, f 403, s set up, u 503. */
static void check(struct web_rules rules, const char *operate, const char *read, const char *node,
		  const char *push, const char *open)
{
	static const char verdicts[] = {[WEB_ALLOWED] = 'a',
					[WEB_LOGIN_NEEDED] = 'l',
					[WEB_ROLE_TOO_LOW] = 'f',
					[WEB_NO_ACCOUNT] = 's',
					[WEB_UNKNOWN] = 'u'};
	const char *const expected[] = {
		[WEB_OPERATE] = operate, [WEB_READ] = read, [WEB_NODE] = node,
		[WEB_PUSH] = push,	 [WEB_OPEN] = open, [WEB_ALWAYS] = "aaaa"};

	for (unsigned level = WEB_OPERATE; level <= WEB_ALWAYS; level++) {
		for (unsigned role = ACCOUNTS_NOBODY; role <= ACCOUNTS_OPERATOR; role++) {
			char found = verdicts[web_rules_judge(&rules, level, role)];

			if (found != expected[level][role])
				fail_msg("level %u, role %c: %c", level, letters[role], found);
		}
	}
}

#define KNOWN .accounts_are_known = true

static void test_open_on_loopback(void **state)
{
	(void)state;
	check((struct web_rules){KNOWN, .is_loopback = true}, "aaaa", "aaaa", "laff", "laff",
	      "aaaa");
}

static void test_accounts(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		check((struct web_rules){KNOWN, .has_users = true, .is_loopback = i}, "lffa",
		      "lfaa", "laff", "laff", "aaaa");
}

static void test_public_read(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		check((struct web_rules){KNOWN, .has_users = true, .is_loopback = i,
					 .public_read = true},
		      "lffa", "aaaa", "laff", "laff", "aaaa");
}

/* No rule of the configuration opens a node without accounts; a token shows that one was made. */
static void test_no_account_off_loopback(void **state)
{
	(void)state;
	check((struct web_rules){KNOWN}, "sffa", "sfaa", "saff", "saff", "saaa");
	check((struct web_rules){KNOWN, .public_read = true}, "sffa", "sfaa", "saff", "saff",
	      "saaa");
	check((struct web_rules){KNOWN, .push_without_token = true}, "sffa", "sfaa", "saff", "saaa",
	      "saaa");
}

/* It opens /push, and no other route of nodes. */
static void test_push_without_token(void **state)
{
	(void)state;
	check((struct web_rules){KNOWN, .has_users = true, .push_without_token = true}, "lffa",
	      "lfaa", "laff", "aaaa", "aaaa");
}

static void test_unknown_accounts_let_nobody_in(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++)
		check((struct web_rules){.has_users = bits & 1,
					 .is_loopback = bits & 2,
					 .public_read = bits & 4,
					 .push_without_token = bits & 8},
		      "uuuu", "uuuu", "uuuu", "uuuu", "uuuu");
}

static void test_anybody(void **state)
{
	(void)state;
	assert_int_equal(web_rules_anybody(&(struct web_rules){KNOWN, .is_loopback = true}),
			 ACCOUNTS_OPERATOR);
	assert_int_equal(web_rules_anybody(&(struct web_rules){KNOWN, .public_read = true}),
			 ACCOUNTS_NOBODY);
	assert_int_equal(web_rules_anybody(&(struct web_rules){KNOWN, .has_users = true,
							       .is_loopback = true}),
			 ACCOUNTS_NOBODY);
	assert_int_equal(web_rules_anybody(&(struct web_rules){KNOWN, .has_users = true,
							       .public_read = true}),
			 ACCOUNTS_VIEWER);
	assert_int_equal(web_rules_anybody(&(struct web_rules){.is_loopback = true}),
			 ACCOUNTS_NOBODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_on_loopback),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_public_read),
		cmocka_unit_test(test_no_account_off_loopback),
		cmocka_unit_test(test_push_without_token),
		cmocka_unit_test(test_unknown_accounts_let_nobody_in),
		cmocka_unit_test(test_anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
