#include "config/rules.h"

#include "expect.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static void test_names(void **state)
{
	(void)state;
	assert_true(rule_is_name("a"));
	assert_true(rule_is_name("Pi-4_x9"));
	assert_true(rule_is_name(X64));
	assert_false(rule_is_name(X64 "x"));
	assert_false(rule_is_name(""));
	assert_false(rule_is_name("a.b"));
	assert_false(rule_is_name("a/b"));
	assert_false(rule_is_name("a\n"));
	assert_false(rule_is_name("\xc3\xa9"));
	assert_true(rule_is_label("a.b"));
	assert_false(rule_is_label("a:b"));
}

static void test_urls(void **state)
{
	(void)state;
	assert_true(rule_is_url("http://hub:3000"));
	assert_true(rule_is_url("https://hub/x"));
	assert_false(rule_is_url("hub:3000"));
	assert_false(rule_is_url("ftp://hub"));
	assert_false(rule_is_url("http://"));
	assert_false(rule_is_url("http:///x"));
	assert_false(rule_is_url("http://:3000"));
	assert_false(rule_is_url("http://a b"));
}

static void test_servers(void **state)
{
	(void)state;
	assert_true(rule_is_server("nats://pi.local:4222"));
	assert_true(rule_is_server("tls://10.0.0.1"));
	assert_true(rule_is_server("nats://" X64 X64 X64 X16 X16 X16 "xxxxxxxx"));
	assert_false(rule_is_server("nats://" X64 X64 X64 X16 X16 X16 "xxxxxxxxx"));
	assert_false(rule_is_server("http://pi"));
	assert_false(rule_is_server("nats://"));
	assert_false(rule_is_server("nats://:4222"));
	assert_false(rule_is_server("nats://user:password@pi"));
	assert_false(rule_is_server("nats://a,nats://b"));
	assert_false(rule_is_server("pi:4222"));
}

static void test_listen(void **state)
{
	(void)state;
	assert_true(rule_is_listen("127.0.0.1:3000"));
	assert_true(rule_is_listen("localhost:0"));
	assert_true(rule_is_listen("[::]:65535"));
	assert_false(rule_is_listen("127.0.0.1:65536"));
	assert_false(rule_is_listen("127.0.0.1:"));
	assert_false(rule_is_listen("127.0.0.1:-1"));
	assert_false(rule_is_listen(":3000"));
	assert_false(rule_is_listen("::1:3000"));
	assert_false(rule_is_listen("[]:3000"));
	assert_false(rule_is_listen("[:3000"));
	assert_false(rule_is_listen("a b:3000"));
}

static void test_host(void **state)
{
	char longest[255];

	(void)state;
	memset(longest, 'n', sizeof(longest));
	longest[254] = '\0';
	assert_false(rule_is_host(longest));
	longest[253] = '\0';
	assert_true(rule_is_host(longest));
	assert_true(rule_is_host("pi"));
	assert_true(rule_is_host("Pi-4.example.org"));
	assert_false(rule_is_host(""));
	assert_false(rule_is_host("pi:3000"));
	assert_false(rule_is_host("*.example.org"));
	assert_false(rule_is_host(".example.org"));
	assert_false(rule_is_host("pi..org"));
	assert_false(rule_is_host("-pi"));
	assert_false(rule_is_host("http://pi"));
}

static void test_spi(void **state)
{
	(void)state;
	assert_true(rule_is_spi("spi0.0"));
	assert_true(rule_is_spi("spi123.456"));
	assert_false(rule_is_spi("spi1234.0"));
	assert_false(rule_is_spi("spi0."));
	assert_false(rule_is_spi("spi.0"));
	assert_false(rule_is_spi("spi0"));
	assert_false(rule_is_spi("spi0.0x"));
	assert_false(rule_is_spi("i2c-1"));
}

static void test_uart(void **state)
{
	(void)state;
	assert_true(rule_is_uart("serial0"));
	assert_true(rule_is_uart("ttyUSB0"));
	assert_false(rule_is_uart("tty"));
	assert_false(rule_is_uart("sda"));
	assert_false(rule_is_uart(".."));
	assert_false(rule_is_uart("tty/../sda"));
	assert_false(rule_is_uart("serial.."));
}

static void test_w1(void **state)
{
	(void)state;
	assert_true(rule_is_w1("28-0316a2794bff"));
	assert_true(rule_is_w1("10-000800c0ffee"));
	assert_false(rule_is_w1(""));
	assert_false(rule_is_w1("28-0316A2794BFF"));
	assert_false(rule_is_w1("28-0316a2794bf"));
	assert_false(rule_is_w1("28-0316a2794bff0"));
	assert_false(rule_is_w1("28/0316a2794bff"));
	assert_false(rule_is_w1("w1_bus_master1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	cmocka_unit_test(test_urls),
		cmocka_unit_test(test_servers), cmocka_unit_test(test_listen),
		cmocka_unit_test(test_host),	cmocka_unit_test(test_spi),
		cmocka_unit_test(test_uart),	cmocka_unit_test(test_w1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
