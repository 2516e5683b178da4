/* What a guest says about the fields of its plugin: this test is the guest. */
#include <stdlib.h>

#include "../capability/fixture.h"
#include "folder.h"
#include "plugin/internal.h"
#include "plugin/process/guest.h"
#include "plugin/process/reaper.h"
#include "wire/value.h"

struct bench {
	struct fixture *host;
	struct folder *folder;
	struct plugin_services services;
	struct plugin *plugin;
	int guest_fd;
	unsigned told, closed;
	char *fields, *failure; /* owned: what was told last */
};

static void on_described(void *arg, const char *name, const json_t *fields, const char *failure)
{
	struct bench *bench = arg;

	assert_string_equal(name, "one");
	bench->told++;
	free(bench->fields);
	free(bench->failure);
	bench->fields = fields ? json_dumps(fields, JSON_COMPACT) : NULL;
	bench->failure = failure ? strdup(failure) : NULL;
}

static const struct plugin_events events = {.on_described = on_described};
static const struct guest_events guest_events = {0};

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
	assert_int_equal(guest_prepare(&bench->host->loop, bench->services.reaper, &guest_events,
				       bench->plugin, &bench->plugin->guest, &bench->guest_fd,
				       NULL),
			 0);
}

static int set_up(void **state)
{
	static struct bench bench;

	bench = (struct bench){0};
	if (folder_setup((void **)&bench.folder) || fixture_setup((void **)&bench.host))
		return -1;
	bench.services = (struct plugin_services){
		.loop = &bench.host->loop,
		.clock = &bench.host->clock.base,
		.host = bench.host->host,
		.guest_program = "/nonexistent",
		.events = &events,
		.events_arg = &bench,
	};
	assert_int_equal(reaper_create(&bench.host->loop, &bench.services.reaper, NULL), 0);
	create_plugin(&bench);
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

	plugin_close(bench->plugin, false, closed, bench);
	while (!bench->closed)
		uv_run(&bench->host->loop, UV_RUN_ONCE);
	close(bench->guest_fd);
	free(bench->fields);
	free(bench->failure);
	reaper_close(bench->services.reaper);
	fixture_teardown((void **)&bench->host);
	return folder_teardown((void **)&bench->folder);
}

/* Takes ownership of `item`, which may be NULL. */
static void take(struct bench *bench, cbor_item_t *item)
{
	plugin_take_description(bench->plugin, item);
	plugin_tell_description(bench->plugin);
	if (item)
		cbor_decref(&item);
}

static cbor_item_t *outcome(unsigned outcome, cbor_item_t *value)
{
	return value_array(2, value_unsigned(outcome), value);
}

static void a_script_sends_text(void **state)
{
	struct bench *bench = *state;

	take(bench, outcome(OUTCOME_OK, value_text("[{\"field\": \"t\"}]")));
	assert_string_equal(bench->fields, "[{\"field\":\"t\"}]");
	assert_null(bench->failure);
	take(bench, outcome(OUTCOME_FAILED, value_text("ZeroDivisionError")));
	assert_null(bench->fields);
	assert_string_equal(bench->failure, "ZeroDivisionError");
	take(bench, NULL); /* a plugin without describe() */
	assert_null(bench->fields);
	assert_null(bench->failure);
	assert_int_equal(bench->told, 3);
}

static void a_component_sends_a_value(void **state)
{
	struct bench *bench = *state;

	bench->plugin->source.kind = PLUGIN_COMPONENT;
	take(bench, outcome(OUTCOME_OK, value_array(1, value_text("t"))));
	assert_string_equal(bench->fields, "[\"t\"]");
	take(bench, outcome(OUTCOME_OK, value_bytes((const uint8_t *)"x", 1)));
	assert_null(bench->fields);
	assert_non_null(bench->failure);
	bench->plugin->source.kind = PLUGIN_SCRIPT;
}

/* Too long, too many values, no JSON: no description, and the plugin runs. */
static void text_that_is_refused(void **state)
{
	struct bench *bench = *state;
	char *text = calloc(1, FRAME_DESCRIPTION_MAX + 2);

	memset(text, ' ', FRAME_DESCRIPTION_MAX);
	text[0] = '[';
	text[FRAME_DESCRIPTION_MAX - 1] = ']';
	take(bench, outcome(OUTCOME_OK, value_text(text)));
	assert_string_equal(bench->fields, "[]");
	text[FRAME_DESCRIPTION_MAX] = ' ';
	take(bench, outcome(OUTCOME_OK, value_text(text)));
	assert_string_equal(bench->failure, "describe() returned too much; declare fewer fields");
	memset(text, '[', 8193);
	text[8193] = '\0';
	take(bench, outcome(OUTCOME_OK, value_text(text)));
	assert_string_equal(bench->failure, "describe() returned too much; declare fewer fields");
	take(bench, outcome(OUTCOME_OK, value_text("[")));
	assert_non_null(strstr(bench->failure, "describe() returned a value that is not JSON"));
	assert_false(guest_is_ending(bench->plugin->guest));
	free(text);
}

/* Only a hostile guest sends such items: it is killed. */
static void malformed_items(void **state)
{
	struct bench *bench = *state;

	take(bench, outcome(OUTCOME_TRAPPED, value_text("")));
	assert_true(guest_is_ending(bench->plugin->guest));
	assert_null(bench->fields);
}

static void an_item_of_another_kind(void **state)
{
	struct bench *bench = *state;

	take(bench, value_text("describe"));
	assert_true(guest_is_ending(bench->plugin->guest));
}

#define ON_BENCH(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BENCH(a_script_sends_text),	   ON_BENCH(a_component_sends_a_value),
		ON_BENCH(text_that_is_refused),	   ON_BENCH(malformed_items),
		ON_BENCH(an_item_of_another_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
