/*
 * What a hub takes from a node: messages, one after the other, each of a byte that says which it is
 * (hello, batch, batch that is compressed here, gzip as it is, push, results, wait) and whose token
 * came with it, its length, and the body. The node "cellar" has said hello before. Then what the
 * hub shows of all that.
 */
#include "link/hub/hub.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/gzip.h"
#include "base/log_ring.h"
#include "base/text.h"
#include "fuzz.h"
#include "reading/check.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/history/history.h"

#define MESSAGES_MAX 16
#define NOW_MS UINT64_C(1800000000000)

enum message { HELLO, BATCH, COMPRESSED, GZIP, PUSH, RESULTS, WAIT, MESSAGES };

struct bench {
	uv_loop_t loop;
	struct clock_manual clock;
	struct history *history;
	struct reading_table *table;
	struct log_ring *log;
	struct hub *hub;
	unsigned waiting; /* for what becomes of a batch, a command or a wait */
	bool is_closed;
};

/* Fit for a terminal and for JSON, and no longer than it may be. */
static void check_text(const char *text, size_t size)
{
	char cleaned[ERROR_TEXT_SIZE + LOG_TEXT_SIZE];

	CHECK(strlen(text) < size);
	text_clean(cleaned, sizeof(cleaned), text, strlen(text));
	CHECK(!strcmp(cleaned, text));
}

static void on_noted(void *arg, enum log_level level, const char *node, const char *text)
{
	(void)arg, (void)level;
	CHECK(*text && text_is_utf8(text, strlen(text)));
	check_text(node, READING_NAME_MAX + 1);
}

static void on_line(void *arg, const char *node, const struct log_record *record)
{
	struct bench *bench = arg;

	CHECK(!strcmp(node, "cellar") || !strcmp(node, "attic") || *node);
	check_text(record->source, LOG_SOURCE_SIZE);
	check_text(record->text, LOG_TEXT_SIZE);
	CHECK(record->unix_ms <= NOW_MS + SPOKE_LINK_CLOCK_MS_MAX);
	log_ring_add(bench->log, node, record);
}

/* What a hub shows and stores of its nodes is what a plugin of its own could give. */
static void on_reading(void *arg, const struct reading *reading)
{
	struct error err = {0};

	(void)arg;
	CHECK(!reading_check(reading->sensor, reading->timestamp_ms, reading->data, &err));
	CHECK(reading->timestamp_ms <= NOW_MS + READING_AHEAD_MS);
}

static bool has_token(void *arg, const char *node)
{
	(void)arg;
	return !strcmp(node, "cellar");
}

static void check_json(json_t *json)
{
	char *text;

	CHECK(json);
	text = json_dumps(json, JSON_COMPACT);
	CHECK(text);
	free(text);
	json_decref(json);
}

static void on_taken(void *arg, int status, json_t *result)
{
	struct bench *bench = arg;

	bench->waiting--;
	CHECK(!status == (result != NULL));
	if (result) {
		CHECK(json_array_size(json_object_get(result, "refusals")) <=
		      SPOKE_LINK_REFUSALS_MAX);
		check_json(result);
	}
}

static void on_ready(void *arg, json_t *commands)
{
	((struct bench *)arg)->waiting--;
	json_decref(commands);
}

static void on_commanded(void *arg, int status, const struct error *err, json_t *result)
{
	json_decref(result);
	((struct bench *)arg)->waiting--;
	CHECK(!status || text_is_utf8(err->text, strlen(err->text)));
}

static json_t *load(const uint8_t *data, size_t size)
{
	return json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
}

static int take_hello(struct bench *bench, const char *token, const json_t *hello,
		      struct error *err)
{
	json_t *answer = NULL;
	int ret = hello ? hub_hello(bench->hub, token, hello, &answer, err) : 0;

	CHECK(!answer == (ret || !hello));
	json_decref(answer);
	return ret;
}

static int take_batch(struct bench *bench, const char *token, const void *data, size_t size,
		      bool is_gzip, struct error *err)
{
	struct spoke_link_batch batch;
	int ret = spoke_link_batch_decode(data, size, is_gzip, &batch, err);

	if (ret)
		return ret;
	bench->waiting++;
	ret = hub_take(bench->hub, token, &batch, on_taken, bench, err);
	bench->waiting -= ret != 0;
	spoke_link_batch_finish(&batch);
	return ret;
}

static int take_compressed(struct bench *bench, const char *token, const uint8_t *data, size_t size,
			   struct error *err)
{
	struct buffer packed;
	int ret;

	buffer_init(&packed, SPOKE_LINK_TEXT_MAX);
	CHECK(!gzip_pack(data, size, 1, &packed));
	ret = take_batch(bench, token, packed.data, packed.size, true, err);
	buffer_finish(&packed);
	return ret;
}

static int take_push(struct bench *bench, const char *token, const json_t *readings,
		     struct error *err)
{
	json_t *answer = NULL;
	int ret = hub_take_push(bench->hub, token, readings, &answer, err);

	if (!ret)
		check_json(answer);
	return ret;
}

static int take_wait(struct bench *bench, const char *token, struct error *err)
{
	int ret;

	bench->waiting++;
	ret = hub_wait_for_commands(bench->hub, token, "cellar", on_ready, bench, err);
	bench->waiting -= ret != 0;
	if (!ret) {
		bench->waiting++;
		if (hub_command(bench->hub, "cellar", json_pack("{s:s}", "device", "fan"),
				on_commanded, bench, NULL))
			bench->waiting--;
	}
	return ret;
}

static int take_message(struct bench *bench, enum message message, const char *token,
			const uint8_t *data, size_t size, struct error *err)
{
	json_t *json =
		message == HELLO || message == PUSH || message == RESULTS ? load(data, size) : NULL;
	int ret = 0;

	if (message == HELLO)
		ret = take_hello(bench, token, json, err);
	else if (message == BATCH || message == GZIP)
		ret = take_batch(bench, token, data, size, message == GZIP, err);
	else if (message == COMPRESSED)
		ret = take_compressed(bench, token, data, size, err);
	else if (message == PUSH && json)
		ret = take_push(bench, token, json, err);
	else if (message == RESULTS && json)
		ret = hub_results(bench->hub, token, "cellar", json, err);
	else if (message == WAIT)
		ret = take_wait(bench, token, err);
	json_decref(json);
	return ret;
}

static void greet(struct bench *bench)
{
	static const char text[] =
		"{\"protocol\":2,\"node\":\"cellar\",\"devices\":{\"fan\":true}}";
	json_t *hello = load((const uint8_t *)text, strlen(text));
	struct error err = {0};

	while (take_hello(bench, "cellar", hello, &err) == ERROR_BUSY)
		uv_run(&bench->loop, UV_RUN_ONCE);
	json_decref(hello);
}

static void bench_open(struct bench *bench)
{
	const struct history_config history = {.path = ":memory:",
					       .node = "hub",
					       .clock = &bench->clock.base,
					       .commit_seconds = 60,
					       .limits = {.max_mb = 64}};
	struct hub_config hub = {
		.loop = &bench->loop,
		.clock = &bench->clock.base,
		.node = "hub",
		.path = "/dev/null/fleet.json", /* it cannot be written, and says so */
		.on_noted = on_noted,
		.on_logged = on_line,
		.has_token = has_token,
		.arg = bench,
	};

	*bench = (struct bench){.waiting = 0};
	CHECK(!uv_loop_init(&bench->loop));
	clock_manual_init(&bench->clock, NOW_MS);
	bench->table = reading_table_create();
	bench->log = log_ring_create("hub", NOW_MS);
	CHECK(bench->table && bench->log);
	CHECK(!reading_table_subscribe(bench->table, on_reading, bench));
	CHECK(!history_create(&bench->loop, &history, &bench->history, NULL));
	hub.history = bench->history;
	hub.table = bench->table;
	CHECK(!hub_create(&hub, &bench->hub, NULL));
	greet(bench);
}

static json_t *load_shown(const struct reading_table *table)
{
	struct buffer text;
	json_t *shown;

	buffer_init(&text, SIZE_MAX / 2);
	reading_table_write(table, &text);
	shown = json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL);
	CHECK(shown);
	buffer_finish(&text);
	return shown;
}

static json_t *load_state(struct reading_table *table)
{
	size_t size;
	char *text = reading_table_state(table, "hub", &size);
	json_t *state = text ? json_loadb(text, size, JSON_ALLOW_NUL, NULL) : NULL;

	CHECK(state);
	free(text);
	return state;
}

/* Each name may be one of a node's sensor, and each text is JSON. */
static void check_shown(const struct bench *bench)
{
	json_t *shown = load_shown(bench->table), *reading;
	size_t i;

	json_array_foreach(json_object_get(shown, "readings"), i, reading)
	{
		const char *id = json_string_value(json_object_get(reading, "sensor_id"));
		const char *colon = id ? strchr(id, ':') : NULL;

		CHECK(colon && colon[1] != '_');
	}
	check_json(shown);
	check_json(reading_table_show(bench->table, 0, NOW_MS));
	check_json(load_state(bench->table));
	check_json(hub_to_json(bench->hub));
	check_json(log_ring_to_json(bench->log));
	check_json(log_ring_find(bench->log, &(struct log_filter){.limit = 0}));
}

static void on_closed(void *arg)
{
	((struct bench *)arg)->is_closed = true;
}

static void bench_close(struct bench *bench)
{
	hub_close(bench->hub, on_closed, bench);
	history_close(bench->history, NULL, NULL);
	CHECK(!uv_run(&bench->loop, UV_RUN_DEFAULT));
	CHECK(bench->is_closed && !bench->waiting);
	CHECK(!uv_loop_close(&bench->loop));
	reading_table_destroy(bench->table);
	log_ring_destroy(bench->log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const tokens[] = {"cellar", "attic", "hub", NULL};
	struct feed feed = {data, size};
	struct bench bench;

	bench_open(&bench);
	for (int i = 0; i < MESSAGES_MAX && feed.size; i++) {
		unsigned kind = feed_u8(&feed);
		size_t got, wanted = feed_u16(&feed);
		const uint8_t *body = feed_bytes(&feed, wanted, &got);
		struct error err = {0};

		if (take_message(&bench, kind % MESSAGES, tokens[kind / MESSAGES % 4], body, got,
				 &err))
			CHECK(*err.text && text_is_utf8(err.text, strlen(err.text)));
		uv_run(&bench.loop, UV_RUN_NOWAIT);
	}
	check_shown(&bench);
	bench_close(&bench);
	return 0;
}
