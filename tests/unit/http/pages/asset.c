#include "fixture.h"

#include "http/pages/asset.h"

#define GET(path) "GET " path " HTTP/1.1\r\n" HOST

static void test_an_asset(void **state)
{
	struct answer answer;

	exchange(*state, GET("/assets/harvester.js") "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Content-Type"),
			    "text/javascript; charset=utf-8");
	assert_null(answer_header(&answer, "Content-Encoding"));
	assert_contains(answer_text(&answer), "harvester-cards");
	answer_finish(&answer);
}

static void test_compressed(void **state)
{
	struct answer plain, packed;

	exchange(*state, GET("/assets/harvester.css") "\r\n", &plain);
	exchange(*state, GET("/assets/harvester.css") "Accept-Encoding: gzip\r\n\r\n", &packed);
	assert_string_equal(answer_header(&packed, "Content-Encoding"), "gzip");
	assert_true(packed.body.size < plain.body.size);
	assert_memory_equal(packed.body.data, "\x1f\x8b", 2);
	answer_finish(&plain);
	answer_finish(&packed);
}

/* With the file's own policy: the browser takes it over for what it has. */
static void test_not_modified(void **state)
{
	char request[2048], policy[1024];
	struct answer answer;

	exchange(*state, GET("/assets/harvester.css") "\r\n", &answer);
	snprintf(policy, sizeof(policy), "%s", answer_header(&answer, "Content-Security-Policy"));
	snprintf(request, sizeof(request), GET("/assets/harvester.css") "If-None-Match: %s\r\n\r\n",
		 answer_header(&answer, "ETag"));
	answer_finish(&answer);
	exchange(*state, request, &answer);
	assert_int_equal(answer.status, 304);
	assert_int_equal(answer.body.size, 0);
	assert_string_equal(answer_header(&answer, "Content-Security-Policy"), policy);
	answer_finish(&answer);
}

static void test_unknown(void **state)
{
	static const char *const paths[] = {"/assets/no.js", "/assets/login.html",
					    "/assets/../login.html", "/assets/", "/login.html"};
	char request[128];

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct answer answer;

		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
		exchange(*state, request, &answer);
		assert_int_equal(answer.status, 404);
		answer_finish(&answer);
	}
}

static void test_login(void **state)
{
	struct answer answer;

	exchange(*state, GET("/login") "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_contains(answer_text(&answer), "<harvester-login>");
	assert_contains(answer_header(&answer, "Content-Security-Policy"), "style-src 'self';");
	answer_finish(&answer);
}

/* Where it governs the whole page, and only as a script. */
static void test_service_worker(void **state)
{
	struct answer answer;

	exchange(*state, GET("/service-worker.js") "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Content-Type"),
			    "text/javascript; charset=utf-8");
	assert_contains(answer_text(&answer), "fetch");
	answer_finish(&answer);
}

static void test_manifest(void **state)
{
	struct answer answer;

	exchange(*state, GET("/assets/manifest.webmanifest") "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Content-Type"), "application/manifest+json");
	assert_contains(answer_text(&answer), "/assets/icon.svg");
	assert_contains(answer_header(&answer, "Content-Security-Policy"), "manifest-src 'self'");
	answer_finish(&answer);
}

/* What browsers get of all files together, compressed. */
static void test_weight(void **state)
{
	char request[256];
	size_t size = 0;

	for (size_t i = 0; i < web_assets_count; i++) {
		struct answer answer;

		if (web_assets[i].path[0] != '/')
			continue; /* a page of a few hundred bytes, with a route of its own */
		snprintf(request, sizeof(request),
			 "GET %s HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n",
			 web_assets[i].path);
		exchange(*state, request, &answer);
		assert_int_equal(answer.status, 200);
		size += answer.body.size;
		answer_finish(&answer);
	}
	assert_in_range(size, 20000, 150000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_asset), TEST(test_compressed), TEST(test_not_modified),
		TEST(test_unknown),  TEST(test_login),	    TEST(test_service_worker),
		TEST(test_manifest), TEST(test_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
