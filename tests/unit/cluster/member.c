/* A whole member on an engine in memory: commands, the log for others, and its description. */
#include "cluster/member.h"

#include "../plugin/folder.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/gzip.h"
#include "cluster/internal.h"
#include "cluster/names.h"
#include "fake_engine.h"
#include "reading/table.h"
#include "store/history/history.h"

#define NOW_MS UINT64_C(1800000000000)

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct clock_manual clock;
	struct fake_engine engine;
	char database[128], noted[ERROR_TEXT_SIZE];
	struct history *history;
	struct reading_table *table;
	struct member *member;
	unsigned commands, open_parts;
	int fail_with, status;
	char reason[ERROR_TEXT_SIZE];
	json_t *answer;
};

static json_t *devices(void *arg)
{
	(void)arg;
	return json_pack("{s:b, s:b, s:i}", "buzzer", 1, "fan", 0, "leds", 3);
}

static int on_command(void *arg, const json_t *command, json_t **ret_result, struct error *err)
{
	struct fixture *fixture = arg;

	assert_string_equal(json_string_value(json_object_get(command, "device")), "leds");
	fixture->commands++;
	if (fixture->fail_with)
		return error_set(err, fixture->fail_with, "no such device");
	*ret_result = json_pack("{s:i}", "brightness", 7);
	return 0;
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)level;
	snprintf(((struct fixture *)arg)->noted, ERROR_TEXT_SIZE, "%s", text);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const struct history_config history = {
		.path = fixture->database,
		.node = "attic",
		.clock = &fixture->clock.base,
		.commit_seconds = 0.1,
		.limits = {.keep_raw_days = 365, .max_mb = 64},
	};
	struct member_config config = {
		.loop = &fixture->loop,
		.clock = &fixture->clock.base,
		.lease_clock = &fixture->clock.base,
		.name = "home",
		.node = "attic",
		.version = "1",
		.replicas = 1,
		.keep_days = 7,
		.max_mb = 16,
		.engine = &fixture->engine.base,
		.devices = devices,
		.command = on_command,
		.on_noted = on_noted,
		.arg = fixture,
	};

	folder_setup((void **)&fixture->folder);
	snprintf(fixture->database, sizeof(fixture->database), "%s/h.db", fixture->folder->path);
	uv_loop_init(&fixture->loop);
	clock_manual_init(&fixture->clock, NOW_MS);
	fake_engine_init(&fixture->engine);
	assert_int_equal(history_create(&fixture->loop, &history, &fixture->history, NULL), 0);
	config.history = fixture->history;
	config.table = fixture->table = reading_table_create();
	assert_int_equal(member_create(&config, &fixture->member, NULL), 0);
	while (!fixture->member->streams.is_ready) {
		uv_run(&fixture->loop, UV_RUN_ONCE);
		fake_engine_run(&fixture->engine);
	}
	*state = fixture;
	return 0;
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->open_parts--;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	fake_engine_break(&fixture->engine);
	fixture->open_parts = 2;
	member_close(fixture->member, on_closed, fixture);
	history_close(fixture->history, on_closed, fixture);
	fake_engine_break(&fixture->engine); /* it has given up the lease */
	while (fixture->open_parts)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	fake_engine_finish(&fixture->engine);
	reading_table_destroy(fixture->table);
	json_decref(fixture->answer);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

static void on_answered(void *arg, int status, const struct error *err, json_t *answer)
{
	struct fixture *fixture = arg;

	json_decref(fixture->answer);
	fixture->answer = answer;
	fixture->status = status;
	snprintf(fixture->reason, sizeof(fixture->reason), "%s", status ? err->text : "");
}

/* Commands */

static const char *command(struct fixture *fixture, const char *text, size_t size)
{
	const struct engine_message message = {.subject = "harvester.command.attic",
					       .reply = "_INBOX.b.1",
					       .data = text,
					       .size = size};

	assert_string_equal(fixture->engine.subject.subject, "harvester.command.attic");
	fixture->engine.subject.on_received(fixture->engine.subject.arg, &message);
	assert_string_equal(fixture->engine.published->message.subject, "_INBOX.b.1");
	return fixture->engine.published->message.data;
}

static void assert_begins(const char *text, const char *begin)
{
	assert_memory_equal(text, begin, strlen(begin));
}

static void commands_are_answered(void **state)
{
	struct fixture *fixture = *state;
	char *large = calloc(1, MEMBER_COMMAND_SIZE_MAX + 1);

	assert_begins(command(fixture, "{\"device\":\"leds\"}", 17),
		      "{\"done\":true,\"detail\":null,\"result\":{\"brightness\":7}}");
	assert_string_equal(fixture->noted,
			    "carried out a command of another member: {\"device\":\"leds\"}");
	fixture->noted[0] = '\0';
	fixture->fail_with = ERROR_NOT_FOUND;
	assert_begins(command(fixture, "{\"device\":\"leds\"}", 17),
		      "{\"done\":false,\"detail\":\"no such device\"}");
	assert_string_equal(fixture->noted, "");
	assert_begins(command(fixture, "[]", 2),
		      "{\"done\":false,\"detail\":\"a command to a node must be a JSON object");
	memset(large, ' ', MEMBER_COMMAND_SIZE_MAX + 1);
	memcpy(large, "{\"device\":\"leds\"}", 17);
	fixture->fail_with = 0;
	assert_begins(command(fixture, large, MEMBER_COMMAND_SIZE_MAX), "{\"done\":true");
	assert_begins(command(fixture, large, MEMBER_COMMAND_SIZE_MAX + 1), "{\"done\":false");
	assert_int_equal(fixture->commands, 3);
	assert_int_equal(fixture->member->commands_done, 2);
	assert_int_equal(fixture->member->commands_refused, 3);
	free(large);
}

static struct fake_waiting sent_command(struct fixture *fixture, const char *node)
{
	json_t *body = json_pack("{s:s}", "device", "leds");
	struct error err;

	fake_engine_run(&fixture->engine);
	assert_int_equal(member_command(fixture->member, node, body, on_answered, fixture, &err),
			 0);
	json_decref(body);
	return fake_take(&fixture->engine);
}

static void answers_of_other_nodes_are_passed_on(void **state)
{
	struct fixture *fixture = *state;
	struct fake_waiting waiting = sent_command(fixture, "cellar");
	struct error err;

	assert_string_equal(waiting.message->message.subject, "harvester.command.cellar");
	fake_answer_json(&waiting, json_pack("{s:b, s:{s:i}}", "done", 1, "result", "x", 1));
	free(waiting.message);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(json_integer_value(json_object_get(fixture->answer, "x")), 1);
	waiting = sent_command(fixture, "cellar");
	fake_answer_json(&waiting, json_pack("{s:b, s:s}", "done", 0, "detail", "no fan"));
	free(waiting.message);
	assert_int_equal(fixture->status, ERROR_SYSTEM);
	assert_string_equal(fixture->reason,
			    "the node cellar did not carry out the command: no fan");
	waiting = sent_command(fixture, "cellar");
	fake_fail(&waiting, ERROR_NOT_FOUND);
	free(waiting.message);
	assert_int_equal(fixture->status, ERROR_NOT_FOUND);
	waiting = sent_command(fixture, "cellar");
	fake_fail(&waiting, ERROR_CLOSED);
	free(waiting.message);
	assert_int_equal(fixture->status, ERROR_TIMEOUT);
	assert_non_null(strstr(fixture->reason, "it is not known whether it carried out"));
	assert_int_equal(fixture->member->commands_unknown, 1);
	assert_int_equal(member_command(fixture->member, "a b", NULL, on_answered, fixture, &err),
			 ERROR_NOT_FOUND);
}

/* The log */

static void put_to(struct fixture *fixture, const char *subject, const char *id, const char *text)
{
	struct fake_stream *log = fake_stream(&fixture->engine, CLUSTER_LOG);
	const struct engine_header header = {"Nats-Msg-Id", id};
	struct buffer body;
	struct engine_message message = {
		.subject = subject, .headers = &header, .headers_count = 1};

	buffer_init(&body, 65536);
	assert_int_equal(gzip_pack(text, strlen(text), 1, &body), 0);
	message.data = body.data;
	message.size = body.size;
	log->stored[++log->last].message = mail_create(&message);
	buffer_finish(&body);
}

static void put(struct fixture *fixture, const char *id, const char *text)
{
	put_to(fixture, CLUSTER_LOG_SUBJECT "cellar", id, text);
}

static void read_log(struct fixture *fixture, uint64_t after)
{
	struct error err = {0};

	assert_int_equal(member_read_log(fixture->member, after, 64, on_answered, fixture, &err),
			 0);
	fake_engine_run(&fixture->engine);
}

static void the_log_is_given_to_others(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	put(fixture, "cellar/1f/1-2",
	    "{\"protocol\":2,\"node\":\"cellar\",\"stream\":\"1f\","
	    "\"sent_ms\":5,\"skipped\":0,\"readings\":[],\"logs\":[]}");
	put(fixture, "garden/1f/1-2", "{\"node\":\"garden\"}"); /* under cellar's subject */
	put(fixture, "cellar/1f/3-3", "no JSON");
	/* cellar relays its spoke garden, and a member's name */
	put_to(fixture, CLUSTER_RELAYED_SUBJECT "cellar.garden", "garden/1f/1-2",
	       "{\"node\":\"garden\",\"stream\":\"1f\",\"readings\":[]}");
	put_to(fixture, CLUSTER_RELAYED_SUBJECT "cellar.attic", "attic/1f/1-2",
	       "{\"node\":\"attic\",\"stream\":\"1f\",\"readings\":[]}");
	read_log(fixture, 0);
	assert_int_equal(fixture->status, 0);
	text = json_dumps(json_object_get(fixture->answer, "messages"), JSON_COMPACT);
	assert_string_equal(text,
			    "[{\"node\":\"cellar\",\"stream\":\"000000000000001f\",\"sent_ms\":5,"
			    "\"readings\":[],\"logs\":[],\"hub\":null,\"sequence\":1,\"first\":1,"
			    "\"last\":2},"
			    "{\"node\":\"garden\",\"stream\":\"000000000000001f\",\"readings\":[],"
			    "\"hub\":\"cellar\",\"sequence\":4,\"first\":1,\"last\":2}]");
	free(text);
	assert_int_equal(json_integer_value(json_object_get(fixture->answer, "next")), 5);
	read_log(fixture, 5);
	assert_int_equal(json_array_size(json_object_get(fixture->answer, "messages")), 0);
	assert_int_equal(json_integer_value(json_object_get(fixture->answer, "next")), 5);
}

/* A hub outside must not take a server's loss for the end of a message's life. */
static void a_gap_of_one_server_is_no_answer(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++)
		put(fixture, "cellar/1f/1-2",
		    "{\"node\":\"cellar\",\"stream\":\"1f\",\"readings\":[],\"logs\":[]}");
	fake_stream_lose(fake_stream(&fixture->engine, CLUSTER_LOG), 2);
	fixture->member->reader.position = 0;
	read_log(fixture, 0);
	assert_int_equal(json_integer_value(json_object_get(fixture->answer, "next")), 1);
	read_log(fixture, 1);
	assert_int_equal(fixture->status, ERROR_BUSY);
	assert_non_null(strstr(fixture->reason, "has lost message 2 of the log"));
	fixture->member->reader.position = 3; /* the reader has found that no server has it */
	read_log(fixture, 1);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(json_integer_value(json_object_get(fixture->answer, "next")), 3);
}

static void the_log_cannot_be_read_before_it_is_there(void **state)
{
	struct fixture *fixture = *state;
	struct error err;

	streams_set_connected(&fixture->member->streams, false);
	assert_int_equal(member_read_log(fixture->member, 0, 1, on_answered, fixture, &err),
			 ERROR_CLOSED);
	assert_string_equal(err.text, "the cluster's log cannot be read now, try again later: this "
				      "node is still connecting");
}

/* Description */

static void it_describes_itself(void **state)
{
	struct fixture *fixture = *state;
	uint64_t term = 0;
	json_t *json;

	while (!member_is_leader(fixture->member, &term) ||
	       !json_object_size(fixture->member->presence.nodes)) {
		uv_run(&fixture->loop, UV_RUN_ONCE);
		fake_engine_run(&fixture->engine);
	}
	assert_string_equal(fixture->noted, "this node leads, term 1");
	json = member_to_json(fixture->member);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "state")), "ready");
	assert_true(json_is_null(json_object_get(json, "reason")));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(json, "leader"), "node")),
		"attic");
	assert_int_equal(json_array_size(json_object_get(json, "nodes")), 1);
	json_decref(json);
}

static void a_name_that_is_no_subject_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct member_config config = fixture->member->config;
	struct member *member;
	struct error err;

	config.node = "attic.";
	assert_int_equal(member_create(&config, &member, &err), ERROR_INVALID);
	assert_non_null(strstr(err.text, "set `node_id` under [cluster]"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(commands_are_answered),
		TEST(answers_of_other_nodes_are_passed_on),
		TEST(the_log_is_given_to_others),
		TEST(a_gap_of_one_server_is_no_answer),
		TEST(the_log_cannot_be_read_before_it_is_there),
		TEST(it_describes_itself),
		TEST(a_name_that_is_no_subject_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
