/*
 * A small program that uses the history as the daemon does, for tests that kill it and for figures.
 *
 *	history-load write PATH           commit readings for ever; a line for each commit: how many
 *	                                  readings this run has had acknowledged
 *	history-load check PATH           quick check; a line: how many readings there are, in order
 *	history-load ingest PATH READINGS remote batches through the whole store; readings a second
 *	history-load bytes PATH RATE SECONDS   commits of 10 s at that rate; bytes on disk a reading
 *	history-load month PATH           a month at a reading a second; milliseconds of a chart of
 *it
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "reading/reading.h"
#include "store/history/db.h"
#include "store/history/read.h"
#include "store/history/write.h"

#define T0 UINT64_C(1767225600000) /* 2026-01-01 */
#define BATCH 1000
#define MONTH_SECONDS (30 * 86400)

static const struct history_limits limits = {36500, 36500, 36500, 1 << 20};

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "%s: %s\n", what, err ? err->text : "");
	exit(1);
}

static double seconds_since(uint64_t begin_ns)
{
	return (double)(clock_monotonic_ns(clock_system()) - begin_ns) / 1e9;
}

/* What a BME680 says. */
static json_t *make_data(uint64_t number)
{
	return json_pack("{s:f, s:f, s:f, s:f}", "temperature",
			 200 + (double)(number * 7919 % 97) / 10, "humidity",
			 (double)(300 + number * 104729 % 311) / 10, "pressure",
			 (double)(99000 + number * 1299709 % 2003) / 100, "gas_resistance",
			 (double)(1500 + number * 15485863 % 401) / 10);
}

/* write */

struct writer {
	uv_loop_t loop;
	struct history *history;
	uint64_t number;
};

static void append(struct writer *writer)
{
	struct reading reading = {.timestamp_ms = T0 + writer->number, .data = NULL};

	snprintf(reading.sensor, sizeof(reading.sensor), "s%d", (int)(writer->number % 5));
	snprintf(reading.plugin, sizeof(reading.plugin), "p");
	reading.data = json_pack("{s:I}", "n", (json_int_t)++writer->number);
	history_append(writer->history, &reading);
	json_decref(reading.data);
}

static void on_committed(void *arg)
{
	struct writer *writer = arg;
	uint64_t committed = history_counters(writer->history).committed;

	printf("%" PRIu64 "\n", committed);
	fflush(stdout);
	for (int i = 0; i < 20; i++)
		append(writer);
	history_flush(writer->history);
}

static void note(void *arg, bool is_failing, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s%s\n", is_failing ? "failing: " : "", text);
}

static int run_write(const char *path)
{
	struct writer writer = {0};
	const struct history_config config = {.path = path,
					      .node = "own",
					      .clock = clock_system(),
					      .commit_seconds = 0.1,
					      .limits = limits,
					      .on_noted = note};
	struct error err;

	uv_loop_init(&writer.loop);
	if (history_create(&writer.loop, &config, &writer.history, &err))
		die("create", &err);
	history_subscribe(writer.history, on_committed, &writer);
	append(&writer);
	history_flush(writer.history);
	return uv_run(&writer.loop, UV_RUN_DEFAULT);
}

/* check */

static int64_t ask(struct history_db *db, const char *text)
{
	sqlite3_stmt *statement;
	int64_t number;

	if (sqlite3_prepare_v2(db->db, text, -1, &statement, NULL) ||
	    sqlite3_step(statement) != SQLITE_ROW)
		die(text, NULL);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static int run_check(const char *path)
{
	struct history_db *db;
	struct error err;
	int64_t count;

	if (history_db_open(path, &db, &err))
		die("open", &err);
	count = ask(db, "SELECT count(*) FROM reading");
	if (!ask(db, "SELECT quick_check = 'ok' FROM pragma_quick_check"))
		die("the database is damaged", NULL);
	if (count && ask(db, "SELECT max(id) & 17592186044415 FROM reading") != count)
		die("there are holes", NULL);
	printf("%" PRId64 "\n", count);
	history_db_close(db);
	return 0;
}

/* ingest */

struct ingest {
	uv_loop_t loop;
	struct history *history;
	uint64_t next, wanted, acknowledged;
	unsigned waiting;
};

static void feed(struct ingest *ingest);

static void on_appended(void *arg, int status, const struct history_appended *result)
{
	struct ingest *ingest = arg;

	if (status || result->added != BATCH)
		die("a batch was not added", NULL);
	ingest->acknowledged += result->added;
	ingest->waiting--;
	if (ingest->acknowledged == ingest->wanted)
		history_close(ingest->history, NULL, NULL);
	else
		feed(ingest);
}

static void feed(struct ingest *ingest)
{
	struct history_item items[BATCH];
	char sensors[10][8];
	struct error err;

	for (int i = 0; i < 10; i++)
		snprintf(sensors[i], sizeof(sensors[i]), "s%d", i);
	while (ingest->waiting < 16 && ingest->next < ingest->wanted) {
		for (int i = 0; i < BATCH; i++) {
			ingest->next++;
			items[i] = (struct history_item){.sequence = ingest->next,
							 .time_ms = T0 + ingest->next * 10,
							 .sensor = sensors[i % 10],
							 .plugin = "p",
							 .data = make_data(ingest->next)};
		}
		if (history_append_remote(ingest->history, "far", 1, items, BATCH, on_appended,
					  ingest, &err))
			die("append", &err);
		ingest->waiting++;
		for (int i = 0; i < BATCH; i++)
			json_decref(items[i].data);
	}
	history_flush(ingest->history);
}

static int run_ingest(const char *path, uint64_t readings)
{
	struct ingest ingest = {.wanted = readings / BATCH * BATCH};
	const struct history_config config = {.path = path,
					      .node = "own",
					      .clock = clock_system(),
					      .commit_seconds = 10,
					      .limits = limits,
					      .on_noted = note};
	uint64_t begin = clock_monotonic_ns(clock_system());
	struct error err;

	uv_loop_init(&ingest.loop);
	if (history_create(&ingest.loop, &config, &ingest.history, &err))
		die("create", &err);
	feed(&ingest);
	uv_run(&ingest.loop, UV_RUN_DEFAULT);
	printf("%.0f\n", (double)ingest.wanted / seconds_since(begin));
	return 0;
}

/* bytes, month */

static void maintain(struct history_db *db)
{
	bool more = true;
	uint64_t deleted;
	struct error err;

	while (more)
		if (history_db_roll(db, 4096, &more, &err))
			die("roll", &err);
	if (history_db_trim(db, &limits, T0, T0, 2000, &deleted, &more, &err))
		die("trim", &err);
}

/* `count` readings in one commit, of that many sensors, a time apart. */
static void commit(struct history_db *db, uint64_t *number, uint64_t count, unsigned sensors,
		   uint64_t apart_ms)
{
	struct history_write *write = history_write_create("own");
	struct error err;
	char sensor[16];

	write->is_own = true;
	for (uint64_t i = 0; i < count; i++, ++*number) {
		struct history_item item = {.time_ms = T0 + *number * apart_ms,
					    .sensor = sensor,
					    .plugin = "bme680",
					    .data = make_data(*number)};

		snprintf(sensor, sizeof(sensor), "bme680-%d", (int)(*number % sensors));
		if (history_write_add(write, &item, &err))
			die("add", &err);
		json_decref(item.data);
	}
	if (history_db_commit(db, write, NULL, 0, &err))
		die("commit", &err);
	history_write_destroy(write);
}

static uint64_t written_bytes(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	uint64_t bytes = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "write_bytes: ", 13))
			bytes = strtoull(line + 13, NULL, 10);
	if (file)
		fclose(file);
	return bytes;
}

/* The disk sees what it would in that many seconds, as fast as it can. */
static int run_bytes(const char *path, uint64_t rate, uint64_t seconds)
{
	uint64_t begin, number = 0;
	struct history_db *db;
	struct stat found;
	struct error err;

	if (history_db_open(path, &db, &err))
		die("open", &err);
	begin = written_bytes();
	for (uint64_t at = 0; at < seconds; at += 10) {
		commit(db, &number, rate * 10, (unsigned)rate, 1000 / rate);
		if (at % 900 == 0)
			maintain(db);
	}
	maintain(db);
	history_db_close(db);
	stat(path, &found);
	printf("%.1f %.1f\n", (double)(written_bytes() - begin) / (double)number,
	       (double)found.st_size / (double)number);
	return 0;
}

static int run_month(const char *path)
{
	struct history_series_query query = {.node = "own",
					     .sensor = "bme680-0",
					     .fields = {"temperature", "humidity"},
					     .fields_count = 2,
					     .from_ms = T0,
					     .to_ms = T0 + MONTH_SECONDS * UINT64_C(1000),
					     .points = 1000};
	struct history_reader *reader;
	struct history_db *db;
	uint64_t number = 0;
	struct error err;
	json_t *answer;

	if (history_db_open(path, &db, &err))
		die("open", &err);
	while (number < MONTH_SECONDS) {
		commit(db, &number, 8640, 1, 1000);
		maintain(db);
	}
	history_db_close(db);
	for (int i = 0; i < 20; i++) {
		uint64_t begin = clock_monotonic_ns(clock_system());

		if (history_reader_open(path, clock_system(), &reader, &err) ||
		    history_reader_series(reader, &query, &answer, &err))
			die("series", &err);
		free(json_dumps(answer, JSON_COMPACT));
		history_reader_close(reader);
		printf("%.3f\n", seconds_since(begin) * 1000);
		if (json_array_size(json_object_get(answer, "times_ms")) < 700)
			die("too few points", NULL);
		json_decref(answer);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "", *path = argc > 2 ? argv[2] : "";

	if (!strcmp(mode, "write"))
		return run_write(path);
	if (!strcmp(mode, "check"))
		return run_check(path);
	if (!strcmp(mode, "ingest") && argc > 3)
		return run_ingest(path, strtoull(argv[3], NULL, 10));
	if (!strcmp(mode, "bytes") && argc > 4)
		return run_bytes(path, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	if (!strcmp(mode, "month"))
		return run_month(path);
	fprintf(stderr, "usage: history-load write|check|ingest|bytes|month PATH …\n");
	return 2;
}
