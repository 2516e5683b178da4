#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/error.h"
#include "http/auth/guard.h"

static void test_origin_matches(void **state)
{
	static const struct {
		const char *origin, *host;
		bool matches;
	} table[] = {
		{"http://127.0.0.1:3000", "127.0.0.1:3000", true},
		{"https://Gateway.example", "gateway.example", true},
		{"HTTP://[::1]:3000", "[::1]:3000", true},
		{"http://127.0.0.1:3001", "127.0.0.1:3000", false},
		{"http://127.0.0.1", "127.0.0.1:3000", false},
		{"http://127.0.0.1:3000.evil.example", "127.0.0.1:3000", false},
		{"http://evil.example@127.0.0.1:3000", "127.0.0.1:3000", false},
		{"ftp://127.0.0.1:3000", "127.0.0.1:3000", false},
		{"127.0.0.1:3000", "127.0.0.1:3000", false},
		{"null", "null", false},
		{"", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (web_guard_origin_matches(table[i].origin, table[i].host, false) !=
		    table[i].matches)
			fail_msg("%s at %s", table[i].origin, table[i].host);
	}
}

static void test_origin_under_tls(void **state)
{
	(void)state;
	assert_true(web_guard_origin_matches("https://gateway", "gateway", true));
	assert_false(web_guard_origin_matches("http://gateway", "gateway", true));
	assert_false(web_guard_origin_matches("https://gateway:1", "gateway", true));
}

static void test_host_is_known(void **state)
{
	static const char *const names[] = {"farm.example", NULL};
	static const struct {
		const char *host;
		bool known;
	} table[] = {
		{"127.0.0.1", true},
		{"192.168.1.20:3000", true},
		{"[::1]:3000", true},
		{"[fe80::1]", true},
		{"localhost", true},
		{"LocalHost:3000", true},
		{"gateway", true},
		{"Gateway.local:3000", true},
		{"farm.example:80", true},
		{"localhost.:3000", true},
		{"farm.example.", true},
		{"farm.example..", false},
		{".", false},
		{"gateway.example", false},
		{"gateway.local.example", false},
		{"gatewa", false},
		{"localhost.evil.example", false},
		{"farm.example.evil.example", false},
		{"127.0.0.1.evil.example", false},
		{"127.1", false},
		{"127.0.0.1:3000:1", false},
		{"127.0.0.1:x", false},
		{"127.0.0.1 ", false},
		{"::1", false},
		{"[::1", false},
		{"[localhost]", false},
		{"[::1]x", false},
		{"[]", false},
		{":3000", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (web_guard_host_is_known(table[i].host, "gateway", names) != table[i].known)
			fail_msg("%s", table[i].host);
	}
}

static void assert_refusal(const char *host, const char *text)
{
	struct error err;

	assert_int_equal(web_guard_refuse_host(host, &err), ERROR_NOT_GRANTED);
	if (!strstr(err.text, text))
		fail_msg("%s: %s", host, err.text);
}

/* With the name, if it is one: a stranger's text is not repeated. */
static void test_refusal_says_what_to_do(void **state)
{
	char host[400];

	(void)state;
	assert_refusal(NULL, "the request has no Host header");
	assert_refusal(
		"farm.example:3000",
		"the Host header names farm.example, which is no known name of this node; if it "
		"is one, add it to host_names under [http]");
	assert_refusal("\"]<script>", "names neither an address nor a host");
	assert_refusal("[::1]x", "names neither an address nor a host");
	assert_refusal("", "names neither an address nor a host");
	memset(host, 'a', sizeof(host) - 1);
	host[253] = '\0';
	assert_refusal(host, "restart the node");
	host[253] = 'a';
	host[254] = '\0';
	assert_refusal(host, "names neither an address nor a host");
}

static void test_host_without_names(void **state)
{
	(void)state;
	assert_true(web_guard_host_is_known("10.0.0.1", "", NULL));
	assert_false(web_guard_host_is_known("gateway", "", NULL));
	assert_false(web_guard_host_is_known(".local", "", NULL));
}

static void test_longest_host(void **state)
{
	char host[400], name[256];
	const char *const names[] = {name, NULL};

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_true(web_guard_host_is_known(name, "", names));
	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	assert_false(web_guard_host_is_known(host, "", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origin_matches),
		cmocka_unit_test(test_origin_under_tls),
		cmocka_unit_test(test_host_is_known),
		cmocka_unit_test(test_host_without_names),
		cmocka_unit_test(test_longest_host),
		cmocka_unit_test(test_refusal_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
