#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/error.h"
#include "http/server/answer.h"

static const char *header(const struct web_answer *answer, const char *name)
{
	return MHD_get_response_header(answer->response, name);
}

static void test_json(void **state)
{
	struct web_answer answer = web_answer_json(200, json_pack("{s:i}", "a", 1));

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_false(answer.kept);
	assert_string_equal(header(&answer, "Content-Type"), "application/json");
	assert_string_equal(header(&answer, "Content-Security-Policy"),
			    "default-src 'none'; frame-ancestors 'none'");
	MHD_destroy_response(answer.response);
}

static void test_json_without_memory(void **state)
{
	struct web_answer answer = web_answer_json(200, NULL);

	(void)state;
	assert_int_equal(answer.status, 500);
	assert_string_equal(header(&answer, "Content-Type"), "application/problem+json");
	MHD_destroy_response(answer.response);
	assert_null(web_response_json(NULL, "application/json"));
}

/* Neither bytes that are no UTF-8 nor a text that is cut inside a character may cost the answer. */
static void test_problem_with_any_text(void **state)
{
	struct web_answer answer = web_answer_problem(400, "%s", "\xff\xfe");
	char text[2 * ERROR_TEXT_SIZE];

	(void)state;
	assert_int_equal(answer.status, 400);
	assert_non_null(answer.response);
	MHD_destroy_response(answer.response);
	memset(text, 'x', sizeof(text));
	memcpy(text + ERROR_TEXT_SIZE - 2, "°", 2);
	text[sizeof(text) - 1] = '\0';
	answer = web_answer_problem(400, "%s", text);
	assert_non_null(answer.response);
	MHD_destroy_response(answer.response);
}

static void test_page_policy(void **state)
{
	static const struct {
		enum web_policy policy;
		const char *part;
		const char *absent;
	} table[] = {
		{WEB_POLICY_HOST, "connect-src 'self'", "unsafe-inline"},
		{WEB_POLICY_PAGE, "script-src 'self';", "frame-src"},
		{WEB_POLICY_FRAME, "sandbox allow-scripts;", "connect-src"},
		{WEB_POLICY_FRAME, "script-src 'unsafe-inline'", "same-origin"},
		{WEB_POLICY_VALUES, "frame-ancestors 'self'", "script-src"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct web_answer answer = web_answer_not_modified("W/\"1\"", table[i].policy);
		const char *policy = header(&answer, "Content-Security-Policy");

		assert_non_null(strstr(policy, "default-src 'none'"));
		assert_non_null(strstr(policy, "form-action 'none'"));
		assert_non_null(strstr(policy, table[i].part));
		assert_null(strstr(policy, table[i].absent));
		assert_null(strstr(policy, "http"));
		assert_null(strstr(policy, "*"));
		assert_null(strstr(policy, "unsafe-eval"));
		MHD_destroy_response(answer.response);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_without_memory),
		cmocka_unit_test(test_problem_with_any_text),
		cmocka_unit_test(test_page_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
