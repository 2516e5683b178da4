#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "http/server/listen.h"

static void check_listens(const char *text, const char *prefix)
{
	struct web_listener listener;
	struct error err = {0};
	char wanted[64];

	if (web_listen(text, &listener, &err))
		fail_msg("%s", err.text);
	assert_in_range(listener.port, 1, 65535);
	snprintf(wanted, sizeof(wanted), "%s%u", prefix, listener.port);
	assert_string_equal(listener.address, wanted);
	assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);
	close(listener.fd);
}

static void test_addresses(void **state)
{
	(void)state;
	check_listens("127.0.0.1:0", "127.0.0.1:");
	check_listens("0.0.0.0:0", "0.0.0.0:");
	check_listens("localhost:0", "127.0.0.1:");
}

static void test_ip6(void **state)
{
	struct web_listener listener;

	(void)state;
	if (access("/proc/net/if_inet6", R_OK) || web_listen("[::1]:0", &listener, NULL)) {
		print_message("this machine has no IPv6\n");
		skip();
	}
	close(listener.fd);
	check_listens("[::1]:0", "[::1]:");
}

static void test_bad_texts(void **state)
{
	static const char *const texts[] = {
		"",
		":",
		"3000",
		":3000",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:000080",
		"127.0.0.1:-1",
		"127.0.0.1: 80",
		"127.0.0.1:80x",
		"256.0.0.1:80",
		"::1:80",
		"[::1]",
		"[::1:80",
		"[127.0.0.1]:80",
		"[]:80",
		"example.org:80",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:80",
	};
	struct web_listener listener = {.fd = -2};
	struct error err;
	char wanted[ERROR_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (web_listen(texts[i], &listener, &err) != ERROR_INVALID)
			fail_msg("taken: %s", texts[i]);
		snprintf(wanted, sizeof(wanted),
			 "listen on %s: expected ADDR:PORT, as in 127.0.0.1:3000 or [::1]:3000",
			 texts[i]);
		assert_string_equal(err.text, wanted);
		assert_int_equal(listener.fd, -2);
	}
}

static void test_system_errors(void **state)
{
	struct web_listener first, second;
	struct error err;
	char wanted[256];

	(void)state;
	/* TEST-NET-1 (RFC 5737): no machine has this address. */
	assert_int_equal(web_listen("192.0.2.1:0", &second, &err), ERROR_SYSTEM);
	assert_string_equal(err.text, "cannot listen on 192.0.2.1:0 (--listen chooses another "
				      "address): Cannot assign requested address");
	assert_int_equal(web_listen("127.0.0.1:0", &first, NULL), 0);
	assert_int_equal(web_listen(first.address, &second, &err), ERROR_SYSTEM);
	snprintf(wanted, sizeof(wanted),
		 "cannot listen on %s (--listen chooses another address): Address already in use",
		 first.address);
	assert_string_equal(err.text, wanted);
	close(first.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_system_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
