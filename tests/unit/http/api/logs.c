#include "fixture.h"

#include "base/log.h"

static void add(struct fixture *fixture, const char *node, enum log_level level, const char *source,
		const char *text)
{
	const struct log_record record = {
		.level = level, .unix_ms = 1700000000000, .source = source, .text = text};

	log_ring_add(fixture->log, node, &record);
}

static void fill(struct fixture *fixture)
{
	add(fixture, "a", LOG_DEBUG, "web", "one <script>alert(1)</script>");
	add(fixture, "b", LOG_WARNING, "dht22", "two");
	add(fixture, "a", LOG_ERROR, "dht22", "three \"quoted\"");
	add(fixture, "a", LOG_INFO, "oled", "Four");
}

/* The texts' first letters, and "next" in *ret_next. */
static void get(struct fixture *fixture, const char *query, char *ret_letters, json_int_t *ret_next)
{
	char request[256];
	struct answer answer;
	json_t *body, *line;
	size_t i;

	snprintf(request, sizeof(request), "GET /api/v1/logs%s HTTP/1.1\r\n" HOST "\r\n", query);
	exchange(fixture, request, &answer);
	if (answer.status != 200)
		fail_msg("%s", answer_text(&answer));
	body = json_loads(answer_text(&answer), 0, NULL);
	answer_finish(&answer);
	json_array_foreach(json_object_get(body, "logs"), i, line)
	{
		*ret_letters++ = json_string_value(json_object_get(line, "text"))[0];
	}
	*ret_letters = '\0';
	*ret_next = json_integer_value(json_object_get(body, "next"));
	json_decref(body);
}

static void test_filters(void **state)
{
	static const struct {
		const char *query, *letters;
	} table[] = {
		{"", "ottF"},
		{"?node=a", "otF"},
		{"?node=c", ""},
		{"?level=warning", "tt"},
		{"?level=error&source=dht22", "t"},
		{"?source=oled", "F"},
		{"?search=o", "ottF"},
		{"?search=f%4fur", "F"},
		{"?search=%3Cscript%3E", "o"},
		{"?limit=2", "tF"},
		{"?limit=1&node=a&search=e", "t"},
		{"?after=1", "ottF"},
	};
	char letters[16];
	json_int_t next;

	fill(*state);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		get(*state, table[i].query, letters, &next);
		if (strcmp(letters, table[i].letters))
			fail_msg("%s gives %s", table[i].query, letters);
	}
}

static void test_pages(void **state)
{
	char letters[16], query[64];
	json_int_t next, last;

	fill(*state);
	get(*state, "?after=1&limit=3", letters, &next);
	assert_string_equal(letters, "ott");
	snprintf(query, sizeof(query), "?after=%lld&limit=3", (long long)next);
	get(*state, query, letters, &last);
	assert_string_equal(letters, "F");
	assert_int_equal(last, next + 1);
	snprintf(query, sizeof(query), "?after=%lld", (long long)last);
	get(*state, query, letters, &next);
	assert_string_equal(letters, "");
	assert_int_equal(next, last);
	/* From another time: the answer says where to go on. */
	get(*state, "?after=9007199254740992", letters, &next);
	assert_string_equal(letters, "");
	assert_int_equal(next, last);
}

static void test_bad_queries(void **state)
{
	static const char *const table[][2] = {
		{"levl=info", "levl: unknown; did you mean level?"},
		{"level=loud", "level: expected one of debug, info, warning, error"},
		{"level", "level: expected one of"},
		{"limit=0", "limit: expected an integer from 1 to 1000"},
		{"limit=1001", "limit: expected"},
		{"limit=1e2", "limit: expected"},
		{"limit=%2B1", "limit: expected"},
		{"limit=", "limit: expected"},
		{"after=-1", "after: expected an integer from 0"},
		{"after=99999999999999999999", "after: expected"},
		{"limit=1&limit=2", "limit: is given twice; give it once"},
		{"search=", "search: expected 1 to 256 bytes"},
		{"search=%00", "search: expected UTF-8 without control characters"},
		{"search=%ff", "search: expected UTF-8"},
		{"%ff=1", "?: unknown"},
		{"=1", ": unknown"},
	};
	char request[256];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		snprintf(request, sizeof(request), "GET /api/v1/logs?%s HTTP/1.1\r\n" HOST "\r\n",
			 table[i][0]);
		assert_exchange(*state, request, 400, table[i][1]);
	}
}

static void test_old_lines_give_way(void **state)
{
	struct fixture *fixture = *state;
	char letters[1024], query[64];
	json_int_t first, next;

	fill(fixture);
	get(fixture, "?limit=1", letters, &first);
	for (int i = 0; i < LOG_RING_KEPT; i++)
		add(fixture, "a", LOG_INFO, "x", "x");
	snprintf(query, sizeof(query), "?after=%lld&limit=1000", (long long)first - 2);
	get(fixture, query, letters, &next);
	assert_int_equal(strlen(letters), LOG_RING_KEPT);
	assert_null(strchr(letters, 'F'));
	assert_int_equal(next, first + LOG_RING_KEPT);
	get(fixture, "?limit=1000", letters, &next);
	assert_int_equal(strlen(letters), LOG_RING_KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_filters),
		TEST(test_pages),
		TEST(test_bad_queries),
		TEST(test_old_lines_give_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
