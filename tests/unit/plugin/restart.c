/*
 * The rest of a plugin that has died too often, on a clock of its own. What it does with a process
 * is tested from outside (tests/system).
 */
#include "../capability/fixture.h"
#include "../emulated.h"
#include "base/log.h"
#include "folder.h"
#include "plugin/internal.h"
#include "plugin/process/reaper.h"
#include "plugin/process/template.h"

#define NS_PER_HOUR 3600000000000ull

struct bench {
	struct fixture *host;
	struct folder *folder;
	struct plugin_services services;
	struct plugin *plugin;
	unsigned failures, closed;
	char said[LOG_TEXT_SIZE];
};

static void take_failure(void *arg, const char *name, const char *text, bool simulated)
{
	(void)name, (void)text, (void)simulated;
	((struct bench *)arg)->failures++;
}

static const struct plugin_events events = {.on_failed = take_failure};

static void hear(void *arg, const struct log_record *record)
{
	struct bench *bench = arg;

	if (strstr(record->text, "stays off"))
		snprintf(bench->said, sizeof(bench->said), "%s", record->text);
}

static void create_plugin(struct bench *bench)
{
	const struct plugin_source source = {
		.name = "one",
		.path = (char *)(uintptr_t)at(bench->folder, "one.py"),
		.main_path = (char *)(uintptr_t)at(bench->folder, "one.py"),
		.permission_path = (char *)(uintptr_t)at(bench->folder, "one.permission.toml"),
	};
	const struct plugin_options options = {.interval_ms = 1000, .deadline_ms = 1000};
	struct permission nothing;

	permission_init(&nothing);
	assert_int_equal(plugin_create(&bench->services, &source, &nothing, &nothing, &options,
				       &bench->plugin, NULL),
			 0);
}

static int set_up(void **state)
{
	static struct bench bench;
	struct template_config template;

	bench = (struct bench){0};
	if (folder_setup((void **)&bench.folder) || fixture_setup((void **)&bench.host))
		return -1;
	clock_manual_advance_ns(&bench.host->clock, NS_PER_HOUR);
	bench.services = (struct plugin_services){
		.loop = &bench.host->loop,
		.clock = &bench.host->clock.base,
		.host = bench.host->host,
		.guest_program = "/nonexistent",
		.events = &events,
		.events_arg = &bench,
	};
	assert_int_equal(reaper_create(&bench.host->loop, &bench.services.reaper, NULL), 0);
	template = (struct template_config){
		.loop = &bench.host->loop,
		.reaper = bench.services.reaper,
		.guest_program = "/nonexistent",
		.artifact = "/nonexistent",
	};
	assert_int_equal(template_create(&template, &bench.services.template, NULL), 0);
	create_plugin(&bench);
	log_add_sink(hear, &bench);
	*state = &bench;
	return 0;
}

static void closed(void *arg)
{
	((struct bench *)arg)->closed++;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	log_remove_sink(hear, bench);
	plugin_close(bench->plugin, false, closed, bench);
	while (!bench->closed)
		uv_run(&bench->host->loop, UV_RUN_ONCE);
	template_close(bench->services.template);
	reaper_close(bench->services.reaper);
	fixture_teardown((void **)&bench->host);
	return folder_teardown((void **)&bench->folder);
}

/* It cannot be started, which is a death like another. */
static void die(struct bench *bench)
{
	unsigned failures = bench->failures;

	plugin_start(bench->plugin);
	while (bench->failures == failures)
		uv_run(&bench->host->loop, UV_RUN_ONCE);
}

static bool is_tried_after(struct bench *bench, uint64_t hours)
{
	uint64_t restarts = bench->plugin->restarts;

	clock_manual_advance_ns(&bench->host->clock, hours * NS_PER_HOUR - 1);
	plugin_check_rest(bench->plugin);
	if (bench->plugin->restarts != restarts)
		return false;
	clock_manual_advance_ns(&bench->host->clock, 1);
	plugin_check_rest(bench->plugin);
	return bench->plugin->restarts == restarts + 1;
}

static void wait_for_the_end(struct bench *bench)
{
	while (bench->plugin->state != PLUGIN_FAILED)
		uv_run(&bench->host->loop, UV_RUN_ONCE);
}

static void rests_are_an_hour_then_longer(void **state)
{
	static const unsigned hours[] = {1, 6, 24, 24};
	struct bench *bench = *state;
	char said[64];
	json_t *json;

	bench->plugin->deaths.in_a_row = DEATHS_MAX - 1;
	die(bench);
	for (size_t i = 0; i < sizeof(hours) / sizeof(*hours); i++) {
		wait_for_the_end(bench);
		snprintf(said, sizeof(said),
			 "stays off for %u h, or until its file changes: ", hours[i]);
		assert_memory_equal(bench->said, said, strlen(said));
		json = plugin_to_json(bench->plugin);
		assert_string_equal(json_string_value(json_object_get(json, "state")), "failed");
		assert_true(plugin_is_failed(bench->plugin));
		assert_int_equal(json_integer_value(json_object_get(json, "next_try_ms")),
				 clock_unix_ms(bench->services.clock) + hours[i] * 3600000);
		json_decref(json);
		assert_true(is_tried_after(bench, hours[i]));
	}
	wait_for_the_end(bench);
}

/* What imports something that the host does not have is no better in an hour. */
static void the_hopeless_are_left_alone(void **state)
{
	struct bench *bench = *state;

	bench->plugin->is_hopeless = true;
	die(bench);
	wait_for_the_end(bench);
	assert_memory_equal(bench->said, "stays off until its file changes: ", 34);
	assert_false(is_tried_after(bench, 1000));
}

/* A plugin whose calls fail is alive, and does not work. */
static void failing_is_no_idleness(void **state)
{
	struct bench *bench = *state;
	json_t *json;

	bench->plugin->state = PLUGIN_IDLE;
	bench->plugin->has_failed = true;
	for (int calling = 0; calling < 2; calling++) {
		bench->plugin->state = calling ? PLUGIN_CALLING : PLUGIN_IDLE;
		json = plugin_to_json(bench->plugin);
		assert_string_equal(json_string_value(json_object_get(json, "state")), "failing");
		json_decref(json);
	}
	bench->plugin->has_failed = false;
	json = plugin_to_json(bench->plugin);
	assert_string_equal(json_string_value(json_object_get(json, "state")), "calling");
	json_decref(json);
}

#undef TEST
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rests_are_an_hour_then_longer),
		TEST(the_hopeless_are_left_alone),
		TEST(failing_is_no_idleness),
	};

	if (emulated_lacks_subreaper())
		return EMULATED_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
