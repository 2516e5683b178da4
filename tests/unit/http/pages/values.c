/* The table of readings for browsers without scripts. */
#include "known.h"

#define GET_VALUES "GET /values HTTP/1.1\r\n" HOST "\r\n"

static void test_values(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer;

	put(fixture, "shelf", "{\"temperature\": 21.5, \"door\": true, \"gone\": null}");
	exchange(fixture, GET_VALUES, &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Content-Type"), "text/html; charset=utf-8");
	assert_contains(answer_text(&answer), "<tr><th scope=\"row\">node-1:shelf</th>"
					      "<td>temperature</td><td>21.5</td><td>");
	assert_contains(answer_text(&answer), "<td>door</td><td>on</td>");
	assert_contains(answer_text(&answer), "<td>gone</td><td>–</td>");
	answer_finish(&answer);
}

static void test_empty(void **state)
{
	struct answer answer;

	exchange(*state, GET_VALUES, &answer);
	assert_int_equal(answer.status, 200);
	assert_contains(answer_text(&answer), "<tbody>\n</tbody>");
	answer_finish(&answer);
}

/* It may run nothing, and only harvester's own page may show it. */
static void test_policy(void **state)
{
	struct answer answer;
	const char *policy;

	exchange(*state, GET_VALUES, &answer);
	policy = answer_header(&answer, "Content-Security-Policy");
	assert_contains(policy, "default-src 'none'");
	assert_contains(policy, "frame-ancestors 'self'");
	assert_null(strstr(policy, "script-src"));
	answer_finish(&answer);
}

static void test_markup(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer;

	put(fixture, "evil", "{\"<b>\\\"x\\\"&\": \"<script>1</script>\"}");
	exchange(fixture, GET_VALUES, &answer);
	assert_contains(answer_text(&answer), "<td>&lt;b&gt;&quot;x&quot;&amp;</td>"
					      "<td>&lt;script&gt;1&lt;/script&gt;</td>");
	assert_null(strstr(answer_text(&answer), "<script"));
	answer_finish(&answer);
}

/* The page stays small however much was measured, and says what it leaves out. */
static void test_limit(void **state)
{
	struct fixture *fixture = *state;
	static char text[6100];
	struct answer answer;
	char name[32];

	/* {"text": "&&&…"}, of which each character takes five. */
	memset(text, '&', sizeof(text) - 1);
	memcpy(text, "{\"text\":\"", 9);
	memcpy(text + sizeof(text) - 3, "\"}", 2);
	for (int i = 0; i < 80; i++) {
		snprintf(name, sizeof(name), "sensor-%d", i);
		put(fixture, name, text);
	}
	exchange(fixture, GET_VALUES, &answer);
	assert_int_equal(answer.status, 200);
	assert_in_range(answer.body.size, 1 << 20, (1 << 20) + 40000);
	assert_contains(answer_text(&answer), "There are more readings: /api/readings has all.");
	answer_finish(&answer);
}

static void decide(struct known *known, const char *sensor, const char *text)
{
	json_t *patch = json_loads(text, 0, NULL);

	assert_non_null(patch);
	assert_int_equal(reading_catalogue_patch(known->catalogue, "node-1", sensor, patch, NULL),
			 0);
	json_decref(patch);
}

/* The owner's words, units and decimals; what was hidden is not shown. */
static void test_described(void **state)
{
	struct fixture *fixture = *state;
	struct known known;
	struct answer answer;

	describe(fixture, &known,
		 "{\"\":{\"temperature\":{\"unit\":\"°C\",\"decimals\":1,\"name\":\"Air\"}}}");
	put(fixture, "shelf", "{\"temperature\": 21.46, \"other\": 0.123456789}");
	put(fixture, "window", "{\"temperature\": 20}");
	put(fixture, "secret", "{\"temperature\": 77}");
	decide(&known, "window",
	       "{\"name\":\"North\",\"room\":\"Attic\",\"fields\":{\"temperature\":{\"shown_unit\":"
	       "\"°F\"}}}");
	decide(&known, "secret", "{\"hidden\":true}");
	exchange(fixture, GET_VALUES, &answer);
	assert_contains(answer_text(&answer), "<td>Air</td><td>21.5 °C</td>");
	assert_contains(answer_text(&answer), "<td>other</td><td>0.1234568</td>");
	assert_contains(answer_text(&answer), "Attic, North</th><td>Air</td><td>68.0 °F</td>");
	assert_null(strstr(answer_text(&answer), "77"));
	answer_finish(&answer);
	forget(fixture, &known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values), TEST(test_empty), TEST(test_policy),
		TEST(test_markup), TEST(test_limit), TEST(test_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
