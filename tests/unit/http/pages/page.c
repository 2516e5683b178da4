#include "fixture.h"

#define GET(path) "GET " path " HTTP/1.1\r\n" HOST
#define LIVE "<script type=module src=\"/assets/harvester.js\"></script><p>live</p>"
#define OLD "<script>old()</script>"

static void set(struct fixture *fixture, const char *html)
{
	assert_int_equal(web_set_page(fixture->web, html, strlen(html)), 0);
}

static void check(struct fixture *fixture, const char *request, int status, const char *part)
{
	struct answer answer;

	exchange(fixture, request, &answer);
	assert_int_equal(answer.status, status);
	assert_contains(answer_text(&answer), part);
	answer_finish(&answer);
}

static void check_policy(struct fixture *fixture, const char *request, const char *part,
			 const char * not )
{
	struct answer answer;

	exchange(fixture, request, &answer);
	assert_int_equal(answer.status, 200);
	assert_contains(answer_header(&answer, "Content-Security-Policy"), part);
	assert_null(strstr(answer_header(&answer, "Content-Security-Policy"), not ));
	answer_finish(&answer);
}

static void test_builtin(void **state)
{
	check(*state, GET("/") "\r\n", 200, "The dashboard plugin is not available");
	check(*state, GET("/page") "\r\n", 404, "no page is shown in a frame");
	check_policy(*state, GET("/") "\r\n", "script-src 'self';", "unsafe-inline");
}

/* It may load our scripts, and none of its own. */
static void test_with_our_script(void **state)
{
	set(*state, LIVE);
	check(*state, GET("/") "\r\n", 200, "<p>live</p>");
	check(*state, GET("/page") "\r\n", 404, "no page is shown in a frame");
	check_policy(*state, GET("/") "\r\n", "script-src 'self';", "script-src 'unsafe-inline'");
	check_policy(*state, GET("/") "\r\n", "frame-ancestors 'none'", "sandbox");
}

/* Any other goes into the frame of a page of ours. */
static void test_with_its_own_script(void **state)
{
	set(*state, OLD);
	check(*state, GET("/") "\r\n", 200, "<harvester-frame>");
	check(*state, GET("/page") "\r\n", 200, "old()");
	check_policy(*state, GET("/") "\r\n", "frame-src 'self'", "unsafe-inline");
	check_policy(*state, GET("/page") "\r\n", "sandbox allow-scripts;", "connect-src");
	check_policy(*state, GET("/page") "\r\n", "frame-ancestors 'self'", "allow-same-origin");
}

static void test_from_one_to_the_other(void **state)
{
	set(*state, OLD);
	set(*state, LIVE);
	check(*state, GET("/page") "\r\n", 404, "no page");
	set(*state, OLD);
	check(*state, GET("/page") "\r\n", 200, "old()");
	assert_int_equal(web_set_page(((struct fixture *)*state)->web, NULL, 0), 0);
	check(*state, GET("/page") "\r\n", 404, "no page");
	check(*state, GET("/") "\r\n", 200, "The dashboard plugin is not available");
}

static void test_the_tag_is_of_the_text(void **state)
{
	char tags[3][1024], request[2048];
	struct answer answer;

	for (size_t i = 0; i < 3; i++) {
		set(*state, i == 1 ? LIVE "other" : LIVE);
		exchange(*state, GET("/") "\r\n", &answer);
		snprintf(tags[i], sizeof(tags[i]), "%s", answer_header(&answer, "ETag"));
		answer_finish(&answer);
	}
	assert_string_not_equal(tags[0], tags[1]);
	assert_string_equal(tags[0], tags[2]);
	snprintf(request, sizeof(request), GET("/") "If-None-Match: \"no\", %s\r\n\r\n", tags[0]);
	exchange(*state, request, &answer);
	assert_int_equal(answer.status, 304);
	assert_contains(answer_header(&answer, "Content-Security-Policy"), "script-src 'self'");
	answer_finish(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_builtin),
		TEST(test_with_our_script),
		TEST(test_with_its_own_script),
		TEST(test_from_one_to_the_other),
		TEST(test_the_tag_is_of_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
