#include "http/server/tls.h"

#include "base/error.h"
#include "certificate.h"

#define FROM 1750000000
#define TO 1760000000

static void refuse(const struct folder *folder, const char *certificate, const char *key, int code,
		   const char *start, const char *part)
{
	struct web_tls tls = {(char *)1, (char *)2};
	struct error err = {0};

	assert_int_equal(web_tls_load(at(folder, certificate), at(folder, key), &tls, &err), code);
	assert_ptr_equal(tls.certificate, 1);
	if (strncmp(err.text, start, strlen(start)) != 0 || !strstr(err.text, part))
		fail_msg("%s", err.text);
}

static void test_pair(void **state)
{
	struct web_tls tls;
	struct error err;

	make_certificate(*state, "a", FROM, TO);
	if (web_tls_load(at(*state, "a.pem"), at(*state, "a.key"), &tls, &err))
		fail_msg("%s", err.text);
	assert_non_null(strstr(tls.certificate, "BEGIN CERTIFICATE"));
	assert_non_null(strstr(tls.key, "PRIVATE KEY"));
	web_tls_finish(&tls);
	assert_null(tls.key);
	web_tls_finish(&tls);
}

static void test_files(void **state)
{
	static char large[WEB_TLS_FILE_MAX + 2];

	make_certificate(*state, "a", FROM, TO);
	make_certificate(*state, "b", FROM, TO);
	make_file(*state, "text", "no certificate");
	make_file(*state, "empty", "");
	make_data(*state, "zero", "a\0b", 3);
	memset(large, 'x', sizeof(large) - 1);
	make_file(*state, "large", large);
	refuse(*state, "none.pem", "a.key", ERROR_NOT_FOUND,
	       "http.tls_certificate: ", "none.pem: cannot open this file");
	refuse(*state, "a.pem", "none.key", ERROR_NOT_FOUND,
	       "http.tls_key: ", "none.key: cannot open this file");
	refuse(*state, "large", "a.key", ERROR_TOO_LARGE, "http.tls_certificate: ", "large");
	refuse(*state, "empty", "a.key", ERROR_MALFORMED, "http.tls_certificate: ", "empty: ");
	refuse(*state, "a.pem", "zero", ERROR_MALFORMED, "http.tls_key: ", "zero is no PEM file");
	refuse(*state, "text", "a.key", ERROR_MALFORMED,
	       "http.tls_certificate: ", ": name a certificate in PEM format");
	refuse(*state, "a.pem", "text", ERROR_MALFORMED,
	       "http.tls_key: ", ": name a private key in PEM format");
	refuse(*state, "a.key", "a.pem", ERROR_MALFORMED, "http.tls_key: ", "a.pem: ");
	refuse(*state, "a.pem", "b.key", ERROR_INVALID,
	       "http.tls_key: ", "b.key is not the key of");
}

static void test_times(void **state)
{
	static const struct {
		uint64_t now;
		const char *text; /* NULL: valid */
	} table[] = {
		{FROM - 1, "http.tls_certificate: not valid before 2025-06-15 15:06 UTC, by this "
			   "machine's clock: check the clock"},
		{FROM, NULL},
		{TO - 1, NULL},
		{TO, "http.tls_certificate: expired on 2025-10-09 08:53 UTC: put a new one in its "
		     "place"},
	};
	struct web_tls tls;
	struct error err;

	make_certificate(*state, "a", FROM, TO);
	assert_int_equal(web_tls_load(at(*state, "a.pem"), at(*state, "a.key"), &tls, &err), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		int ret = web_tls_check_time(&tls, table[i].now * 1000, &err);

		assert_int_equal(ret, table[i].text ? ERROR_INVALID : 0);
		if (ret)
			assert_string_equal(err.text, table[i].text);
	}
	web_tls_finish(&tls);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pair),
		TEST(test_files),
		TEST(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
