/* Calls of a plugin whose guest is this test: it holds the other end of the socket. */
#include "../capability/fixture.h"
#include "../emulated.h"
#include "base/work_queue.h"
#include "folder.h"
#include "plugin/internal.h"
#include "plugin/poll_job.h"
#include "plugin/process/guest.h"
#include "plugin/process/reaper.h"
#include "wire/frame.h"

#define INTERVAL_MS 1000

struct bench {
	struct fixture *host;
	struct folder *folder;
	struct plugin_services services;
	struct plugin *plugin;
	int guest_fd;
	unsigned failures, polls, converted, forgotten, closed;
	uv_thread_t converter; /* that ran convert() last */
};

struct plugin_result {
	struct bench *bench;
};

static void take_failure(void *arg, const char *name, const char *text, bool simulated)
{
	(void)name, (void)text, (void)simulated;
	((struct bench *)arg)->failures++;
}

static struct plugin_result *convert(void *arg, const struct plugin_poll *poll)
{
	struct plugin_result *result = malloc(sizeof(*result));
	struct bench *bench = arg;

	assert_string_equal(poll->name, "one");
	assert_non_null(poll->value);
	bench->converter = uv_thread_self();
	bench->converted++;
	result->bench = bench;
	return result;
}

static void forget(void *arg, struct plugin_result *result)
{
	(void)arg;
	result->bench->forgotten++;
	free(result);
}

static int take_poll(void *arg, const char *name, struct plugin_result *result, struct error *err)
{
	(void)name, (void)err;
	((struct bench *)arg)->polls++;
	free(result);
	return 0;
}

static const struct plugin_events events = {
	.convert = convert, .forget = forget, .on_failed = take_failure, .on_polled = take_poll};

static void take_frame(void *arg, const cbor_item_t *frame)
{
	plugin_take_answer(arg, frame);
}

static void take_exit(void *arg, int status, const char *reason)
{
	(void)arg, (void)status, (void)reason;
}

static const struct guest_events guest_events = {.on_frame = take_frame, .on_exited = take_exit};

static void create_plugin(struct bench *bench)
{
	const struct plugin_source source = {
		.name = "one",
		.path = (char *)(uintptr_t)at(bench->folder, "one.py"),
		.main_path = (char *)(uintptr_t)at(bench->folder, "one.py"),
		.permission_path = (char *)(uintptr_t)at(bench->folder, "one.permission.toml"),
	};
	const struct plugin_options options = {.interval_ms = INTERVAL_MS, .deadline_ms = 1000};
	struct permission nothing;

	permission_init(&nothing);
	assert_int_equal(plugin_create(&bench->services, &source, &nothing, &nothing, &options,
				       &bench->plugin, NULL),
			 0);
	assert_int_equal(guest_prepare(&bench->host->loop, bench->services.reaper, &guest_events,
				       bench->plugin, &bench->plugin->guest, &bench->guest_fd,
				       NULL),
			 0);
	for (int i = 0; i < FUNCTIONS; i++)
		bench->plugin->has_function[i] = true;
	bench->plugin->state = PLUGIN_IDLE;
}

static int set_up(void **state)
{
	static struct bench bench;

	bench = (struct bench){0};
	if (folder_setup((void **)&bench.folder) || fixture_setup((void **)&bench.host))
		return -1;
	clock_manual_advance_ns(&bench.host->clock, 1000000000);
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
	reaper_close(bench->services.reaper);
	fixture_teardown((void **)&bench->host);
	return folder_teardown((void **)&bench->folder);
}

/* The plugin is not blamed for what the broker did not send: no deadline, no death, and the owner
 * sees why. */
static void a_call_that_was_not_sent_is_no_call(void **state)
{
	struct bench *bench = *state;
	struct plugin *plugin = bench->plugin;
	char *large = malloc(FRAME_SIZE_MAX + 1);

	memset(large, 'x', FRAME_SIZE_MAX + 1);
	plugin->has_function[FUNCTION_POLL] = plugin->has_function[FUNCTION_RENDER] = false;
	plugin_offer_state(plugin, large, FRAME_SIZE_MAX + 1);
	assert_int_equal(plugin->state, PLUGIN_IDLE);
	assert_false(uv_is_active((uv_handle_t *)&plugin->deadline));
	assert_int_equal(plugin->deaths.count, 0);
	assert_int_equal(bench->failures, 0);
	assert_true(plugin->has_failed);
	assert_string_equal(plugin->reason,
			    "update() was not called: its argument does not fit in a message of "
			    "4 MiB; the broker tries again");
	/* The next one that fits is a call like any. */
	plugin_offer_state(plugin, "{}", 2);
	assert_int_equal(plugin->state, PLUGIN_CALLING);
	assert_true(uv_is_active((uv_handle_t *)&plugin->deadline));
	free(large);
}

static void answer_with(struct plugin *plugin, uint8_t outcome, const char *text)
{
	cbor_item_t *frame = cbor_new_definite_array(4);

	assert_true(cbor_array_push(frame, cbor_move(cbor_build_uint8(FRAME_ANSWER))));
	assert_true(cbor_array_push(frame, cbor_move(cbor_build_uint64(plugin->call_id))));
	assert_true(cbor_array_push(frame, cbor_move(cbor_build_uint8(outcome))));
	assert_true(cbor_array_push(frame, cbor_move(cbor_build_string(text))));
	plugin_take_answer(plugin, frame);
	cbor_decref(&frame);
}

static void begin_poll(struct plugin *plugin)
{
	plugin->is_due[FUNCTION_POLL] = true;
	plugin_call_due(plugin);
	assert_int_equal(plugin->state, PLUGIN_CALLING);
}

/* What poll() gives, as a .py plugin's guest sends it. */
static void answer_poll(struct bench *bench, const char *text)
{
	begin_poll(bench->plugin);
	answer_with(bench->plugin, OUTCOME_OK, text);
}

static void the_outcome_decides_not_the_text(void **state)
{
	struct bench *bench = *state;
	struct plugin *plugin = bench->plugin;

	answer_poll(bench, "\"trap: only a text\"");
	assert_int_equal(bench->polls, 1);
	begin_poll(plugin);
	answer_with(plugin, OUTCOME_FAILED, "{}");
	assert_int_equal(plugin->state, PLUGIN_IDLE);
	assert_string_equal(plugin->reason, "{}");
	assert_int_equal(bench->failures, 1);
	/* No such outcome: the call goes on until the guest, which is killed for it, has ended. */
	begin_poll(plugin);
	answer_with(plugin, OUTCOME_TRAPPED + 1, "{}");
	assert_int_equal(plugin->state, PLUGIN_CALLING);
	assert_int_equal(bench->failures, 1);
}

static void do_nothing(uv_timer_t *timer)
{
	(void)timer;
}

static uint64_t next_poll_ms(const struct bench *bench)
{
	return uv_timer_get_due_in(&bench->plugin->schedule);
}

static char *string_of(size_t size)
{
	char *text = malloc(size + 1);

	memset(text, 'x', size);
	text[0] = text[size - 1] = '"';
	text[size] = '\0';
	return text;
}

/* A quarter of a megabyte at once is free, and as much a second after that; then the next poll
 * comes later. */
static void a_flood_of_data_is_polled_less_often(void **state)
{
	struct bench *bench = *state;
	struct plugin *plugin = bench->plugin;
	char *text = string_of(300000);
	json_t *words;

	uv_timer_start(&plugin->schedule, do_nothing, INTERVAL_MS, INTERVAL_MS);
	answer_poll(bench, text);
	assert_int_equal(plugin->pace.slowed_total, 0);
	assert_in_range(next_poll_ms(bench), 0, INTERVAL_MS);
	answer_poll(bench, text);
	assert_int_equal(plugin->pace.slowed_total, 1);
	assert_in_range(next_poll_ms(bench), 1250, 1300);
	assert_int_equal(uv_timer_get_repeat(&plugin->schedule), INTERVAL_MS);
	words = plugin_pace_words(plugin);
	assert_int_equal(json_array_size(words), 1);
	json_decref(words);
	/* It is as fast as before once it gives less. */
	clock_manual_advance_ns(&bench->host->clock, 60000000000);
	uv_timer_start(&plugin->schedule, do_nothing, INTERVAL_MS, INTERVAL_MS);
	answer_poll(bench, "{\"t\":1}");
	assert_in_range(next_poll_ms(bench), 0, INTERVAL_MS);
	words = plugin_pace_words(plugin);
	assert_int_equal(json_array_size(words), 0);
	json_decref(words);
	assert_int_equal(bench->polls, 3);
	free(text);
}

/* Fifteen others return much: this one gets a fifteenth of the rate of all. Alone it has its own.
 */
static void floods_share_one_rate(void **state)
{
	struct bench *bench = *state;
	struct plugin *plugin = bench->plugin;
	char *text = string_of(300000);
	unsigned slowed = 15;

	plugin->services.slowed = &slowed;
	uv_timer_start(&plugin->schedule, do_nothing, INTERVAL_MS, INTERVAL_MS);
	answer_poll(bench, text); /* 37,856 bytes above the burst, at 34,952 a second */
	assert_in_range(next_poll_ms(bench), 1050, 1100);
	assert_int_equal(slowed, 16);
	plugin_pace_end(plugin);
	assert_int_equal(slowed, 15);
	slowed = 0;
	clock_manual_advance_ns(&bench->host->clock, 60000000000);
	uv_timer_start(&plugin->schedule, do_nothing, INTERVAL_MS, INTERVAL_MS);
	answer_poll(bench, text);
	assert_in_range(next_poll_ms(bench), 0, INTERVAL_MS);
	assert_int_equal(slowed, 0);
	free(text);
}

static void add_queue(struct bench *bench)
{
	assert_int_equal(work_queue_create_shared(&bench->host->loop, 8, 4,
						  &bench->plugin->services.conversions, NULL),
			 0);
}

static void end_queue(struct bench *bench)
{
	work_queue_close(bench->plugin->services.conversions, NULL, NULL);
	bench->plugin->services.conversions = NULL;
}

/* JSON text of `size` bytes. */
static char *make_text(size_t size)
{
	char *text = malloc(size + 1);

	memset(text, 'x', size);
	text[0] = text[size - 1] = '"';
	text[size] = '\0';
	return text;
}

/* A large answer is converted beside the loop; until then no call begins and nobody is told. */
static void a_large_poll_does_not_hold_the_loop_up(void **state)
{
	struct bench *bench = *state;
	struct plugin *plugin = bench->plugin;
	char *text = make_text(POLL_JOB_SMALL);
	uv_thread_t loop = uv_thread_self();

	add_queue(bench);
	answer_poll(bench, "\"small\"");
	assert_int_equal(bench->polls, 1);
	assert_true(uv_thread_equal(&bench->converter, &loop));
	answer_poll(bench, text);
	assert_int_equal(bench->polls, 1);
	assert_true(plugin_is_polling(plugin));
	assert_true(plugin_is_called(plugin));
	plugin->is_due[FUNCTION_POLL] = true;
	plugin_call_due(plugin);
	assert_int_equal(plugin->state, PLUGIN_IDLE);
	while (bench->polls < 2)
		uv_run(&bench->host->loop, UV_RUN_ONCE);
	assert_false(uv_thread_equal(&bench->converter, &loop));
	/* What had become due begins. */
	assert_int_equal(plugin->state, PLUGIN_CALLING);
	assert_null(plugin->poll_job);
	end_queue(bench);
	free(text);
}

/* It is as unexpected as an answer without a call, which ends the guest. */
static void a_second_answer_while_the_first_is_converted_is_not_taken(void **state)
{
	struct bench *bench = *state;
	char *text = make_text(POLL_JOB_SMALL);

	add_queue(bench);
	answer_poll(bench, text);
	assert_non_null(bench->plugin->poll_job);
	answer_with(bench->plugin, OUTCOME_OK, text);
	while (bench->polls < 1)
		uv_run(&bench->host->loop, UV_RUN_ONCE);
	assert_int_equal(bench->converted, 1);
	end_queue(bench);
	free(text);
}

/* A plugin that is closed meanwhile gets no result, and nothing leaks. */
static void a_cancelled_conversion_is_forgotten(void **state)
{
	struct bench *bench = *state;
	char *text = make_text(POLL_JOB_SMALL);

	add_queue(bench);
	answer_poll(bench, text);
	assert_non_null(bench->plugin->poll_job);
	poll_job_cancel(bench->plugin->poll_job);
	bench->plugin->poll_job = NULL;
	while (bench->converted > bench->forgotten || !bench->converted)
		uv_run(&bench->host->loop, UV_RUN_ONCE);
	assert_int_equal(bench->polls, 0);
	assert_int_equal(bench->forgotten, 1);
	end_queue(bench);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_large_poll_does_not_hold_the_loop_up, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_second_answer_while_the_first_is_converted_is_not_taken, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_cancelled_conversion_is_forgotten, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_was_not_sent_is_no_call, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_outcome_decides_not_the_text, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_flood_of_data_is_polled_less_often, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(floods_share_one_rate, set_up, tear_down),
	};

	if (emulated_lacks_subreaper())
		return EMULATED_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
