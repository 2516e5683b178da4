#include "fixture.h"

#include <zlib.h>

#include "http/server/cached_response.h"

static void test_accepted_encodings(void **state)
{
	static const char *const yes[] = {"gzip",	 "deflate, gzip;q=1.0, *;q=0.5",
					  "GZIP",	 "br,gzip",
					  "*",		 "gzip;q=0.001",
					  "gzip ; q=0.5"};
	static const char *const no[] = {
		NULL,	 "",	  "identity", "gzip;q=0", "gzip; q=0.000, br",
		"xgzip", "gzipx", "*;q=0",    ",,,",	  "br;q=gzip"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		assert_true(web_accepts_gzip(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		if (web_accepts_gzip(no[i]))
			fail_msg("accepted: %s", no[i]);
	}
}

static void get_packed(struct fixture *fixture, struct answer *answer)
{
	exchange(fixture, "GET /page HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n", answer);
	assert_int_equal(answer->status, 200);
	assert_string_equal(answer_header(answer, "Vary"), "Accept-Encoding");
}

static void check_unpacked(const struct answer *answer, const char *text, size_t size)
{
	char *unpacked = malloc(size + 1);
	z_stream stream = {.next_in = (unsigned char *)answer->body.data,
			   .avail_in = (unsigned)answer->body.size,
			   .next_out = (unsigned char *)unpacked,
			   .avail_out = (unsigned)size + 1};

	assert_non_null(unpacked);
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, size);
	assert_memory_equal(unpacked, text, size);
	inflateEnd(&stream);
	free(unpacked);
}

static void test_large_page_is_packed(void **state)
{
	static const size_t sizes[] = {WEB_PACK_SIZE_MIN, WEB_PACK_SIZE_MAX};
	struct answer answer;
	char *page = malloc(WEB_PACK_SIZE_MAX);

	assert_non_null(page);
	for (size_t i = 0; i < WEB_PACK_SIZE_MAX; i++)
		page[i] = (char)('a' + i % 13);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct fixture *fixture = *state;

		assert_int_equal(web_set_page(fixture->web, page, sizes[i]), 0);
		/* The second is the first one's. */
		for (int round = 0; round < 2; round++) {
			get_packed(fixture, &answer);
			assert_string_equal(answer_header(&answer, "Content-Encoding"), "gzip");
			check_unpacked(&answer, page, sizes[i]);
			answer_finish(&answer);
		}
		exchange(fixture, "GET /page HTTP/1.1\r\n" HOST "\r\n", &answer);
		assert_null(answer_header(&answer, "Content-Encoding"));
		assert_int_equal(answer.body.size, sizes[i]);
		answer_finish(&answer);
	}
	free(page);
}

static void check_plain(struct fixture *fixture, const char *page, size_t size)
{
	struct answer answer;

	assert_int_equal(web_set_page(fixture->web, page, size), 0);
	get_packed(fixture, &answer);
	assert_null(answer_header(&answer, "Content-Encoding"));
	assert_int_equal(answer.body.size, size);
	answer_finish(&answer);
}

static void test_what_is_not_worth_it(void **state)
{
	unsigned seed = 1;
	char *page = calloc(1, WEB_PACK_SIZE_MAX + 1);

	assert_non_null(page);
	check_plain(*state, page, WEB_PACK_SIZE_MIN - 1);
	check_plain(*state, page, WEB_PACK_SIZE_MAX + 1);
	for (size_t i = 0; i < 4096; i++)
		page[i] = (char)rand_r(&seed);
	check_plain(*state, page, 4096);
	free(page);
}

static void check_known(struct fixture *fixture, const char *known, int status)
{
	char request[2200];
	struct answer answer;

	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\n" HOST "If-None-Match: %s\r\n\r\n",
		 known);
	exchange(fixture, request, &answer);
	assert_int_equal(answer.status, status);
	answer_finish(&answer);
}

static void test_tags(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer;
	char tag[1024], list[2048];

	exchange(fixture, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer);
	snprintf(tag, sizeof(tag), "%s", answer_header(&answer, "ETag"));
	answer_finish(&answer);
	check_known(fixture, tag, 304);
	check_known(fixture, tag + strlen("W/"), 304);
	snprintf(list, sizeof(list), "\"other\", %s", tag);
	check_known(fixture, list, 304);
	check_known(fixture, "*", 304);
	check_known(fixture, "\"other\"", 200);
	assert_int_equal(web_set_page(fixture->web, "new", 3), 0);
	check_known(fixture, tag, 200);
}

/* Browsers take the policy of a 304 for the page that they kept. */
static void test_policy_of_a_kept_page(void **state)
{
	char request[2048], policy[1024];
	struct answer answer;

	exchange(*state, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer);
	snprintf(policy, sizeof(policy), "%s", answer_header(&answer, "Content-Security-Policy"));
	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\n" HOST "If-None-Match: %s\r\n\r\n",
		 answer_header(&answer, "ETag"));
	answer_finish(&answer);
	exchange(*state, request, &answer);
	assert_int_equal(answer.status, 304);
	assert_string_equal(answer_header(&answer, "Content-Security-Policy"), policy);
	answer_finish(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted_encodings), TEST(test_large_page_is_packed),
		TEST(test_what_is_not_worth_it),	   TEST(test_tags),
		TEST(test_policy_of_a_kept_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
