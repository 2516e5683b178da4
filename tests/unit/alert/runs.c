/*
 * Seeded runs of a node's life: values, clock jumps, quiet hours, acknowledgements, kills, power
 * cuts in the middle of a transaction, restarts. A model that knows nothing of the engine says what
 * people must be told: every change once, none twice, none invented. The disk is simulated.
 * HARVESTER_RUNS: how many (default 500). HARVESTER_SEED repeats one run.
 */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/fault_vfs.h"
#include "alert/outbox.h"
#include "base/random.h"
#include "fixture.h"
#include "store/alerts/store.h"

#define STEPS 120
#define FOR_MS 20000
#define CHANGES_MAX 1024
#define BATCH_MAX 512

/* What people must have been told by a rule without `for_seconds`. */
struct model {
	bool fires, told, acknowledged, seen;
	unsigned changes; /* told so far: odd ones that it fires, even ones that it ended */
};

/* By a rule with `for_seconds`, bounds: not before `total`, at the latest after `here`. */
struct bounds {
	uint64_t total_ms, here_ms; /* for how long it holds: in all, and in this process */
	bool holds;		    /* by the last value */
};

struct run {
	uint64_t seed;
	struct random random;
	char folder[64], path[96];
	struct disk disk;
	struct alert_store *store;
	struct alert_engine *engine;
	struct alert_outbox *outbox;
	struct alert_time now;
	double value; /* NaN: unknown */
	struct model model, kept[2 * STEPS];
	struct bounds bounds, kept_bounds[2 * STEPS];
	unsigned step;
	json_t *batch; /* {"KIND KEY": text or null} */
	unsigned ids;
	/* The notices that were delivered, each id once */
	struct {
		char rule[16], id[ALERT_ID_SIZE];
		bool fires;
	} delivered[CHANGES_MAX];
	size_t delivered_count;
	unsigned kills, cuts;
};

static uint64_t draw(struct run *run, uint64_t below)
{
	return random_u64(&run->random) % below;
}

#define FAIL(run, ...)                                                                             \
	do {                                                                                       \
		fprintf(stderr, "HARVESTER_SEED=%llu, step %u: ", (unsigned long long)(run)->seed, \
			(run)->step);                                                              \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fprintf(stderr, "\n");                                                             \
		fail();                                                                            \
	} while (0)

/* The node: as alerts.c and sender.c do it, without loop and threads */

static void put(struct run *run, enum alert_record kind, const char *key, json_t *value)
{
	char name[300], *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	snprintf(name, sizeof(name), "%d %s", (int)kind, key);
	json_object_set_new(run->batch, name, text ? json_string(text) : json_null());
	free(text);
	json_decref(value);
}

static void on_dropped(void *arg, const struct alert_letter *letter)
{
	(void)letter;
	FAIL((struct run *)arg, "the outbox is full");
}

static void on_told(void *arg, const struct alert *alert)
{
	struct run *run = arg;
	bool fires = alert->state == ALERT_FIRING;
	char id[ALERT_ID_SIZE], key[128];
	json_t *notice;
	struct alert_letter *letter;

	snprintf(id, sizeof(id), "%08u%08llx", ++run->ids, (unsigned long long)draw(run, 1u << 31));
	notice = json_pack("{s:s, s:b, s:I}", "alert", alert->rule->config.name, "fires",
			   (int)fires, "at_ms", (json_int_t)run->ids);
	letter = alert_outbox_add(run->outbox, "phone", id, alert->owner->name, notice, on_dropped,
				  run);
	json_decref(notice);
	alert_letter_key(letter, key, sizeof(key));
	put(run, ALERT_RECORD_NOTICE, key, alert_letter_record(letter));
	if (strcmp(alert->rule->config.name, "slow") != 0)
		return;
	if (fires && run->bounds.total_ms < FOR_MS)
		FAIL(run, "slow fires after %llu ms", (unsigned long long)run->bounds.total_ms);
}

static void on_changed(void *arg, const struct alert *alert)
{
	struct run *run = arg;
	char key[300];

	snprintf(key, sizeof(key), "%s %s", alert->rule->config.name, alert->subject);
	put(run, ALERT_RECORD_STATE, key, alert_engine_record(alert, &run->now));
}

static void on_forgotten(void *arg, const struct alert *alert)
{
	char key[300];

	snprintf(key, sizeof(key), "%s %s", alert->rule->config.name, alert->subject);
	put(arg, ALERT_RECORD_STATE, key, NULL);
}

static void on_snoozed(void *arg, const char *rule, uint64_t left_ms)
{
	(void)arg;
	(void)rule;
	(void)left_ms;
}

/* 0, or an error if the disk was cut off in the middle. */
static int commit(struct run *run)
{
	struct alert_change changes[BATCH_MAX];
	size_t count = 0;
	char step[16];
	const char *name;
	json_t *value;
	int ret;

	snprintf(step, sizeof(step), "%u", run->step);
	put(run, ALERT_RECORD_SNOOZE, "step", json_string(step));
	run->kept[run->step] = run->model;
	run->kept_bounds[run->step] = run->bounds;
	json_object_foreach(run->batch, name, value) changes[count++] = (struct alert_change){
		(enum alert_record)(name[0] - '0'), name + 2, json_string_value(value)};
	ret = alert_store_write(run->store, changes, count, NULL);
	if (!ret)
		json_object_clear(run->batch);
	return ret;
}

struct records {
	json_t *states[8], *letters[CHANGES_MAX];
	size_t states_count, letters_count;
	unsigned step;
};

static void on_record(void *arg, enum alert_record kind, const char *key, const char *value)
{
	struct records *records = arg;
	json_t *record = json_loads(value, JSON_DECODE_ANY, NULL);

	(void)key;
	assert_non_null(record);
	if (kind == ALERT_RECORD_STATE)
		records->states[records->states_count++] = record;
	else if (kind == ALERT_RECORD_NOTICE)
		records->letters[records->letters_count++] = record;
	else {
		records->step = (unsigned)strtoul(json_string_value(record), NULL, 10);
		json_decref(record);
	}
}

static void boot(struct run *run)
{
	const struct alert_engine_events events = {
		.on_told = on_told,
		.on_changed = on_changed,
		.on_forgotten = on_forgotten,
		.on_snoozed = on_snoozed,
		.arg = run,
	};
	struct alert_rule rules[] = {
		rule_of("{'name': 'hot', 'sensor': 's', 'field': 't', 'above': 30, "
			"'hysteresis': 5, 'quiet_hours': ['22:00', '07:00']}"),
		rule_of("{'name': 'slow', 'sensor': 's', 'field': 't', 'above': 30, "
			"'for_seconds': 20}"),
	};
	struct records records = {.step = 0};
	struct error note = {0}, err = {0};

	if (alert_store_open(run->path, &run->store, &note, &err) || note.code)
		FAIL(run, "%s%s", err.text, note.text);
	run->engine = alert_engine_create("pi", false, &events);
	run->outbox = alert_outbox_create();
	run->batch = json_object();
	assert_int_equal(alert_engine_set_rules(run->engine, rules, 2, &run->now), 0);
	assert_int_equal(alert_store_read(run->store, on_record, &records, NULL), 0);
	for (size_t i = 0; i < records.states_count; i++) {
		if (alert_engine_restore(run->engine, records.states[i], &run->now))
			FAIL(run, "a record cannot be restored");
		json_decref(records.states[i]);
	}
	for (size_t i = 0; i < records.letters_count; i++) {
		assert_int_equal(alert_outbox_restore(run->outbox, records.letters[i]), 0);
		json_decref(records.letters[i]);
	}
	/* What was not on the disk did not happen, as far as anybody knows. */
	run->model = run->kept[records.step];
	run->model.seen = false;
	run->bounds = run->kept_bounds[records.step];
	run->bounds.here_ms = 0;
	run->bounds.holds = false;
}

static void die(struct run *run)
{
	alert_store_close(run->store);
	alert_engine_destroy(run->engine);
	alert_outbox_destroy(run->outbox);
	json_decref(run->batch);
	run->now.monotonic_ms = draw(run, 100000);
	/* The machine has no battery for its clock, or a wrong one. */
	if (!draw(run, 3))
		run->now.unix_ms = draw(run, 2 * T0);
}

/* The process dies; what it wrote to files stays. */
static void kill_node(struct run *run)
{
	run->kills++;
	die(run);
	boot(run);
}

static int64_t size_of(const char *path)
{
	struct stat info;

	return stat(path, &info) ? 0 : info.st_size;
}

static void observe(struct run *run);

/* The disk stops at one of the calls of a transaction, and the end of what was written is torn. */
static void cut_power(struct run *run)
{
	char wal[128];
	int64_t before, after;
	int ret;

	snprintf(wal, sizeof(wal), "%s-wal", run->path);
	before = size_of(wal);
	run->cuts++;
	run->disk.fail_at = run->disk.calls + 1 + draw(run, 12);
	run->disk.for_ever = true;
	run->step++;
	observe(run); /* so that the transaction has something to lose */
	ret = commit(run);
	if (!ret) /* it was done: its end finds no disk either, and nothing of it may be lost */
		run->disk.fail_at = 1;
	die(run);
	run->disk.fail_at = 0;
	run->disk.for_ever = false;
	after = size_of(wal);
	if (ret && after > before && draw(run, 2))
		assert_int_equal(
			truncate(wal, before + (int64_t)draw(run, (uint64_t)(after - before))), 0);
	boot(run);
}

static void note_delivery(struct run *run, const struct alert_letter *letter)
{
	const char *rule = json_string_value(json_object_get(letter->notice, "alert"));
	size_t at = run->delivered_count;

	for (size_t i = 0; i < at; i++)
		if (!strcmp(run->delivered[i].id, letter->id))
			return; /* the service knows the key */
	assert_true(at < CHANGES_MAX);
	snprintf(run->delivered[at].rule, sizeof(run->delivered[at].rule), "%s", rule);
	snprintf(run->delivered[at].id, sizeof(run->delivered[at].id), "%s", letter->id);
	run->delivered[at].fires = json_is_true(json_object_get(letter->notice, "fires"));
	run->delivered_count++;
}

/* Everything in the outbox is on the disk when this is called. */
static void deliver(struct run *run, bool dies)
{
	struct alert_letter *letter = alert_outbox_first(run->outbox, "phone");
	char key[128];

	if (!letter)
		return;
	note_delivery(run, letter);
	if (dies) { /* after the service has it, before the record is deleted */
		kill_node(run);
		return;
	}
	alert_letter_key(letter, key, sizeof(key));
	put(run, ALERT_RECORD_NOTICE, key, NULL);
	alert_outbox_remove(run->outbox, letter);
}

/* The model */

static void model_settle(struct run *run)
{
	struct model *model = &run->model;
	bool quiet = run->now.minute >= 22 * 60 || run->now.minute < 7 * 60;

	if (model->fires == model->told || quiet ||
	    (model->fires && (!model->seen || model->acknowledged)))
		return;
	model->told = model->fires;
	model->changes++;
}

static void model_observe(struct run *run)
{
	struct model *model = &run->model;
	bool known = !isnan(run->value), was = model->fires;

	if (known) {
		model->seen = true;
		model->fires = model->fires ? run->value > 25 : run->value > 30;
		model->acknowledged &= model->fires == was;
	}
	model_settle(run);
	run->bounds.holds = known && run->value > 30;
	if (!run->bounds.holds)
		run->bounds.total_ms = run->bounds.here_ms = 0;
}

static void model_pass(struct run *run, uint64_t ms)
{
	model_settle(run);
	run->bounds.total_ms += run->bounds.holds ? ms : 0;
	run->bounds.here_ms += run->bounds.holds ? ms : 0;
}

static void check_slow(struct run *run)
{
	const struct alert *alert = alert_engine_first(run->engine);
	bool fires = false;

	for (; alert; alert = alert_engine_next(alert))
		fires |= alert->state == ALERT_FIRING && !strcmp(alert->rule->config.name, "slow");
	if (run->bounds.here_ms >= FOR_MS && !fires)
		FAIL(run, "slow does not fire after %llu ms",
		     (unsigned long long)run->bounds.here_ms);
}

/* A run */

static void observe(struct run *run)
{
	json_t *data;
	struct alert_observation seen = {
		.watch = WATCH_SENSOR, .node = "pi", .name = "s", .plugin = "plugin"};

	run->value = draw(run, 10) ? 20 + (double)draw(run, 15) : (double)NAN;
	data = isnan(run->value) ? json_pack("{s:n, s:s}", "t", "error", "no answer")
				 : json_pack("{s:f}", "t", run->value);
	seen.data = data;
	model_observe(run);
	alert_engine_observe(run->engine, &seen, &run->now);
	json_decref(data);
}

static void pass(struct run *run)
{
	for (uint64_t i = draw(run, 12); i; i--) {
		run->now.monotonic_ms += 1000;
		run->now.unix_ms += 1000;
		model_pass(run, 1000);
		alert_engine_tick(run->engine, &run->now);
		check_slow(run);
	}
}

static void acknowledge(struct run *run)
{
	if (!alert_engine_acknowledge(run->engine, "hot", &run->now))
		run->model.acknowledged = run->model.fires;
}

static void step(struct run *run)
{
	switch (draw(run, 12)) {
	case 0:
		run->now.unix_ms = draw(run, 2 * T0);
		break;
	case 1:
		run->now.minute = (int)draw(run, 1440);
		break;
	case 2:
		acknowledge(run);
		break;
	case 3:
		kill_node(run);
		break;
	case 4:
		cut_power(run);
		break;
	case 5:
		pass(run);
		break;
	default:
		observe(run);
		break;
	}
	run->step++;
	assert_int_equal(commit(run), 0);
	if (!draw(run, 3))
		deliver(run, !draw(run, 3));
}

static void check_delivered(struct run *run, const char *rule, bool is_exact)
{
	unsigned count = 0;

	for (size_t i = 0; i < run->delivered_count; i++) {
		if (strcmp(run->delivered[i].rule, rule) != 0)
			continue;
		count++;
		if (run->delivered[i].fires != (count % 2 == 1))
			FAIL(run, "%s: notice %u is the same as the one before it", rule, count);
	}
	if (is_exact && count != run->model.changes)
		FAIL(run, "%s: %u notices for %u changes", rule, count, run->model.changes);
}

static void live(struct run *run)
{
	run->now = (struct alert_time){.monotonic_ms = 1, .unix_ms = T0, .minute = 600};
	run->value = NAN;
	boot(run);
	while (run->step < STEPS)
		step(run);
	while (alert_outbox_count(run->outbox))
		deliver(run, false);
	check_delivered(run, "hot", true);
	check_delivered(run, "slow", false);
	die(run);
}

static void remove_files(const struct run *run)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char path[128];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		snprintf(path, sizeof(path), "%s%s", run->path, ends[i]);
		unlink(path);
	}
	rmdir(run->folder);
}

static unsigned do_run(uint64_t seed)
{
	struct run *run = calloc(1, sizeof(*run));
	unsigned deaths;

	run->seed = seed;
	random_init(&run->random, seed);
	snprintf(run->folder, sizeof(run->folder), "/tmp/alert-runs-XXXXXX");
	assert_non_null(mkdtemp(run->folder));
	snprintf(run->path, sizeof(run->path), "%s/alerts.db", run->folder);
	disk_insert(&run->disk);
	live(run);
	disk_remove(&run->disk);
	remove_files(run);
	deaths = run->kills + run->cuts;
	free(run);
	return deaths;
}

static uint64_t number_of(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : usual;
}

static void test_runs(void **state)
{
	uint64_t first = number_of("HARVESTER_SEED", 0), count = number_of("HARVESTER_RUNS", 500);
	unsigned deaths = 0;

	(void)state;
	if (getenv("HARVESTER_SEED"))
		count = 1;
	for (uint64_t seed = first; seed < first + count; seed++)
		deaths += do_run(seed);
	print_message("%llu runs from seed %llu on, %u kills and power cuts\n",
		      (unsigned long long)count, (unsigned long long)first, deaths);
	assert_true(deaths > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_runs)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
