/*
 * `harvester plugin test`: runs a plugin's own tests in a guest, with everything that it requests,
 * on simulated devices. Each call of the Python runtime's function `test` runs one test and returns
 * the name of the next, so that a test that hangs is known by name and the results of those before
 * it are not lost.
 */
#include <glob.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "capability/host.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "config/config.h"
#include "config/paths.h"
#include "plugin/plugin.h"
#include "plugin/process/reaper.h"
#include "plugin/process/template.h"
#include "simulation/hardware.h"
#include "store/plugin_state/plugin_state.h"

#define DEADLINE_SECONDS 60 /* for all tests, without --duration */
#define HOST_CALLS_MAX 1000000
#define CALL_EVERY_MS 1 /* the next test, as soon as one has ended */

struct test_run {
	double deadline_seconds;
	uv_loop_t loop;
	uv_timer_t ending;   /* closes the plugin, which must not happen in its own callbacks */
	uv_timer_t patience; /* the deadline for all tests together */
	uint64_t call_ms;    /* when the current test began (uv_now()) */
	char next[256];	     /* the current test's name; "": none is running */
	bool has_ended;
	struct config *config;			     /* owned, as all of these */
	struct hardware *hardware;		     /* owned */
	struct capability_host *host;		     /* owned */
	struct capability_state_store *plugin_state; /* owned; may be NULL */
	struct plugin_services services;
	struct plugin *plugin; /* owned */
	json_t *no_settings;   /* owned */
	char *truth;	       /* owned */
	json_t *results;       /* owned: an array; NULL before the first answer */
	char failure[LOG_TEXT_SIZE];
	char data[PATH_MAX]; /* temporary folder for the plugin's state; "": none */
};

/* Calls and results */

static void host_gone(void *arg)
{
	((struct test_run *)arg)->host = NULL;
}

static void plugin_gone(void *arg)
{
	struct test_run *run = arg;

	template_close(run->services.template);
	reaper_close(run->services.reaper);
	capability_host_close(run->host, host_gone, run);
	uv_close((uv_handle_t *)&run->ending, NULL);
	uv_close((uv_handle_t *)&run->patience, NULL);
}

static void close_plugin(uv_timer_t *timer)
{
	struct test_run *run = timer->data;

	plugin_close(run->plugin, false, plugin_gone, run);
}

static void end(struct test_run *run)
{
	run->has_ended = true;
	uv_timer_stop(&run->patience);
	uv_timer_start(&run->ending, close_plugin, 0, 0);
}

/* The current test did not return: report it as failed because of `why`, and stop. */
static void end_within_test(struct test_run *run, const char *why)
{
	uint64_t took_ms = uv_now(&run->loop) - run->call_ms;

	json_array_append_new(run->results,
			      json_pack("{s:s, s:b, s:f, s:o}", "test", run->next, "passed", 0,
					"seconds", (double)took_ms / 1000, "error",
					json_sprintf("%s; the tests after it were not run", why)));
	end(run);
}

static void lose_patience(uv_timer_t *timer)
{
	struct test_run *run = timer->data;
	char why[128];

	snprintf(why, sizeof(why),
		 "stopped at the deadline of %.3g s for all tests (see --duration)",
		 run->deadline_seconds);
	end_within_test(run, why);
}

/* What a call returned. */
struct plugin_result {
	json_t *value; /* owned */
};

static struct plugin_result *keep_value(void *arg, const struct plugin_poll *poll)
{
	struct plugin_result *result = malloc(sizeof(*result));

	(void)arg;
	if (result)
		result->value = json_incref((json_t *)(uintptr_t)poll->value);
	return result;
}

static void forget_value(void *arg, struct plugin_result *result)
{
	(void)arg;
	json_decref(result->value);
	free(result);
}

/* `value` should be {"results": […], "next": name or null}, but a guest may send anything. */
static void take_value(struct test_run *run, const json_t *value)
{
	const json_t *next = json_object_get(value, "next");

	if (run->has_ended)
		return;
	if (!run->results) {
		run->results = json_array();
		uv_timer_start(&run->patience, lose_patience,
			       (uint64_t)(run->deadline_seconds * 1000), 0);
	}
	json_array_extend(run->results, json_object_get(value, "results"));
	run->call_ms = uv_now(&run->loop);
	snprintf(run->next, sizeof(run->next), "%s",
		 json_is_string(next) ? json_string_value(next) : "");
	if (!*run->next)
		end(run);
}

static int take_results(void *arg, const char *name, struct plugin_result *result,
			struct error *err)
{
	(void)name, (void)err;
	take_value(arg, result->value);
	forget_value(NULL, result);
	return 0;
}

static void take_failure(void *arg, const char *name, const char *text, bool simulated)
{
	struct test_run *run = arg;

	(void)name, (void)simulated;
	if (run->has_ended)
		return;
	snprintf(run->failure, sizeof(run->failure), "%s", text);
	if (run->results)
		end_within_test(run, text);
	else
		end(run);
}

/* Construction */

/* Simulate every device that [hardware] devices can name. */
static void want_devices(struct config *config)
{
	static const char *const devices[] = {"bme280",	 "mcp3008", "pms5003", "sds011",
					      "ds18b20", "button",  "pca9685"};

	config->hardware.devices_count = sizeof(devices) / sizeof(devices[0]);
	memcpy(config->hardware.devices, devices, sizeof(devices));
}

static int create_devices(struct test_run *run, struct error *err)
{
	json_t *truth;
	int ret;

	want_devices(run->config);
	ret = hardware_create(run->config, clock_system(), &run->hardware, err);

	if (ret)
		return ret;
	ret = capability_host_create(&run->loop, run->config, hardware_backend(run->hardware),
				     clock_system(), "", &run->host, err);
	truth = hardware_truth(run->hardware);
	run->truth = json_dumps(truth, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(truth);
	return ret;
}

static int create_services(struct test_run *run, const struct paths *paths, struct error *err)
{
	static const struct plugin_events events = {
		.convert = keep_value,
		.forget = forget_value,
		.on_polled = take_results,
		.on_failed = take_failure,
	};
	struct template_config template = {
		.loop = &run->loop,
		.guest_program = paths->guest_program,
		.lockdown_required = run->config->sandbox.required,
		.target = config_engine_target(run->config->engine.target),
	};
	int ret = reaper_create(&run->loop, &run->services.reaper, err);

	if (ret)
		return ret;
	template.artifact = paths_runtime(paths, template.target);
	template.reaper = run->services.reaper;
	run->services.loop = &run->loop;
	run->services.clock = clock_system();
	run->services.host = run->host;
	run->services.guest_program = paths->guest_program;
	run->services.lockdown_required = template.lockdown_required;
	run->services.target = template.target;
	run->services.events = &events;
	run->services.events_arg = run;
	return template_create(&template, &run->services.template, err);
}

/* The plugin gets everything that it requests, since all devices are simulated. */
static int create_plugin(struct test_run *run, const struct plugin_source *source,
			 struct error *err)
{
	struct problem_list problems;
	struct permission permission;
	struct plugin_options options;
	int ret;

	permission_init(&permission);
	problem_list_init(&problems);
	ret = permission_load(source->permission_path, &permission, &problems);
	if (ret && ret != ERROR_NOT_FOUND)
		ret = error_set(err, ret, "%s",
				problems.count ? problems.items[0].text
					       : "out of memory while reading the permission file; "
						 "this machine needs more free memory");
	problem_list_finish(&problems);
	if (ret && ret != ERROR_NOT_FOUND)
		return ret;
	options = (struct plugin_options){
		.interval_ms = CALL_EVERY_MS,
		.deadline_ms = (uint64_t)(run->deadline_seconds * 1000),
		.memory_bytes = (uint64_t)permission.memory_mb << 20,
		.host_calls_max = HOST_CALLS_MAX,
		.settings = run->no_settings,
		.poll_function = "test",
		.poll_argument = run->truth,
	};
	return plugin_create(&run->services, source, &permission, &permission, &options,
			     &run->plugin, err);
}

static void keep_state(struct test_run *run)
{
	const char *folder = getenv("TMPDIR");

	snprintf(run->data, sizeof(run->data), "%.4000s/harvester-test-XXXXXX",
		 folder ? folder : "/tmp");
	if (!mkdtemp(run->data)) {
		*run->data = '\0';
		return;
	}
	run->plugin_state = plugin_state_open(run->data, NULL);
	if (run->plugin_state)
		capability_host_keep_state(run->host, run->plugin_state, NULL);
}

static void remove_state(const struct test_run *run)
{
	static const char *const files[] = {"/state.db", "/state.db-wal", "/state.db-shm", ""};
	char path[PATH_MAX + 16];

	for (size_t i = 0; *run->data && i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", run->data, files[i]);
		remove(path);
	}
}

static void destroy(struct test_run *run)
{
	uv_loop_close(&run->loop);
	plugin_state_close(run->plugin_state);
	remove_state(run);
	hardware_destroy(run->hardware);
	config_destroy(run->config);
	json_decref(run->no_settings);
	free(run->truth);
}

/* Leaves the results, or a failure, in *run. */
static int run_tests(struct test_run *run, const struct plugin_source *source, struct error *err)
{
	static struct paths paths;
	int ret = config_demonstration(&run->config);

	paths_find(&paths);
	if (!ret && (!*paths.guest_program || !*paths.runtime_artifact))
		ret = error_set(err, ERROR_NOT_FOUND,
				"cannot find harvester-guest and runtime.cwasm, which must be in "
				"the same folder as harvester: install harvester again");
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&run->loop);
	uv_timer_init(&run->loop, &run->ending);
	uv_timer_init(&run->loop, &run->patience);
	run->ending.data = run->patience.data = run;
	run->no_settings = json_object();
	if (!ret)
		ret = create_devices(run, err);
	if (!ret) {
		keep_state(run);
		ret = create_services(run, &paths, err);
	}
	if (!ret)
		ret = create_plugin(run, source, err);
	if (!ret)
		plugin_start(run->plugin);
	else
		plugin_gone(run);
	uv_run(&run->loop, UV_RUN_DEFAULT);
	destroy(run);
	return ret;
}

/* The command */

static bool has_tests(const char *folder)
{
	char pattern[2 * PATH_MAX];
	glob_t found;
	bool has;

	snprintf(pattern, sizeof(pattern), "%s/{,tests/}test_*.py", folder);
	has = !glob(pattern, GLOB_BRACE, NULL, &found);
	if (has)
		globfree(&found);
	return has;
}

static void print_indented(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		text_printf(stdout, "    %.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void print_result(const json_t *result)
{
	bool passed = json_is_true(json_object_get(result, "passed"));

	text_printf(stdout, "%s %s (%.2f s)\n", passed ? "passed" : "FAILED",
		    json_string_value(json_object_get(result, "test")),
		    json_number_value(json_object_get(result, "seconds")));
	if (!passed)
		print_indented(json_string_value(json_object_get(result, "error")));
}

/* True if the result has the expected form, since a guest may send anything. */
static bool is_result(const json_t *result)
{
	return json_is_string(json_object_get(result, "test")) &&
	       json_is_boolean(json_object_get(result, "passed")) &&
	       json_is_number(json_object_get(result, "seconds")) &&
	       json_is_string(json_object_get(result, "error"));
}

/* Print the results. Returns the number of tests that failed, or 1 if there are no results. */
static size_t report(const json_t *results, bool as_json)
{
	size_t failed = 0, i;
	const json_t *result;
	json_t *json;

	json_array_foreach(results, i, result)
	{
		failed += !is_result(result) || !json_is_true(json_object_get(result, "passed"));
		if (!as_json && is_result(result))
			print_result(result);
	}
	json = json_pack("{s:I, s:I, s:O}", "passed",
			 (json_int_t)(json_array_size(results) - failed), "failed",
			 (json_int_t)failed, "tests", results);
	if (as_json) {
		json_print(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	} else {
		printf("%zu passed, %zu failed\n", json_array_size(results) - failed, failed);
	}
	json_decref(json);
	return json_array_size(results) ? failed : 1;
}

/* Run the plugin's tests. ERROR_NOT_FOUND if it has none. */
static int test_source(struct test_run *run, const struct plugin_source *source, struct error *err)
{
	if (source->kind == PLUGIN_SCRIPT && source->is_folder && has_tests(source->path))
		return run_tests(run, source, err);
	return error_set(err, ERROR_NOT_FOUND,
			 "%s: no tests found: put them into files test_*.py in the plugin's folder",
			 source->path);
}

int command_plugin_test(const struct command_options *options)
{
	struct test_run run = {.deadline_seconds = DEADLINE_SECONDS};
	struct plugin_source source;
	struct error err = {0};
	int code = EXIT_FAILED, ret = plugin_source_open(options->words[0], &source, &err);

	if (options->duration_seconds > 0)
		run.deadline_seconds = options->duration_seconds;
	if (!ret) {
		ret = test_source(&run, &source, &err);
		plugin_source_finish(&source);
	}
	if (ret)
		text_printf(stderr, "%s\n", err.text);
	else if (!json_is_array(run.results))
		text_printf(stderr, "%s\n",
			    *run.failure ? run.failure : "the tests returned no results");
	else
		code = report(run.results, options->json) ? EXIT_FAILED : EXIT_DONE;
	json_decref(run.results);
	return code;
}
