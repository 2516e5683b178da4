#include "rollout/hub/desk.h"

#include "../../bundle/fixture.h"
#include "base/clock.h"
#include "bundle/relay.h"

struct scene {
	struct fixture *bundles;
	struct clock_manual clock;
	uv_loop_t loop;
	struct rollout_desk *desk;
	json_t *known;
	char digest[BUNDLE_DIGEST_SIZE]; /* of the bundle that was started last */
	uint64_t number;		 /* of that roll-out */
	int code;			 /* of the last request that ended */
	struct error err;
	char news[256]; /* the nodes that were told to ask */
	char noted[1024];
	size_t read;	     /* bytes of the last part */
	int begin_ends_with; /* `code` after begin() */
	json_t *stored;	     /* owned: the state that is kept elsewhere */
	unsigned shared;     /* bundles */
	bool share_fails;
};

static void on_noted(void *arg, enum log_level level, const char *text)
{
	struct scene *scene = arg;

	(void)level;
	snprintf(scene->noted, sizeof(scene->noted), "%s", text);
}

static void on_news(void *arg, const char *node)
{
	struct scene *scene = arg;
	size_t size = strlen(scene->news);

	snprintf(scene->news + size, sizeof(scene->news) - size, "%s ", node);
}

static void open_desk_with(struct scene *scene, const struct rollout_desk_config *elsewhere)
{
	struct rollout_desk_config config = *elsewhere;

	config.loop = &scene->loop;
	config.clock = &scene->clock.base;
	config.config = &scene->bundles->config;
	config.data_folder = scene->bundles->data;
	config.on_noted = on_noted;
	config.on_news = on_news;
	config.arg = scene;
	uv_loop_init(&scene->loop);
	assert_int_equal(rollout_desk_create(&config, &scene->desk, &scene->err), 0);
}

static void open_desk(struct scene *scene)
{
	open_desk_with(scene, &(const struct rollout_desk_config){0});
}

static void close_desk(struct scene *scene)
{
	rollout_desk_close(scene->desk);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	rollout_desk_destroy(scene->desk);
	assert_int_equal(uv_loop_close(&scene->loop), 0);
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	void *fixture = NULL;

	assert_int_equal(fixture_setup(&fixture), 0);
	scene->bundles = fixture;
	scene->bundles->config.updates.transfers_max = 1;
	scene->known = json_pack("[{s:s}, {s:s}]", "node", "attic", "node", "barn");
	clock_manual_init(&scene->clock, 1000000);
	open_desk(scene);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	void *fixture = scene->bundles;

	close_desk(scene);
	json_decref(scene->known);
	json_decref(scene->stored);
	free(scene);
	return folder_teardown(&fixture);
}

static void on_done(void *arg, int code, const struct error *err, json_t *body)
{
	struct scene *scene = arg;
	const char *digest = json_string_value(json_object_get(body, "digest"));

	scene->code = code;
	if (code)
		scene->err = *err;
	scene->number = (uint64_t)json_integer_value(json_object_get(body, "number"));
	snprintf(scene->digest, sizeof(scene->digest), "%s", digest ? digest : "");
	json_decref(body);
}

/* Version n to the nodes, all at once. */
static void begin(struct scene *scene, unsigned n, const char *nodes)
{
	char bundle[16384];
	int fd = make_bundle(scene->bundles, n, "");
	ssize_t size = pread(fd, bundle, sizeof(bundle), 0);
	const struct rollout_start start = {
		.bundle = bundle,
		.size = (size_t)size,
		.nodes = nodes,
		.known = scene->known,
		.groups = "rest",
		.success_percent = 100,
		.pause_on = 1,
	};

	close(fd);
	scene->code = 1;
	assert_int_equal(rollout_desk_start(scene->desk, &start, on_done, scene, &scene->err), 0);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	assert_int_equal(scene->code, scene->begin_ends_with);
}

/* The desired state of a node, which reports this about the last roll-out (NULL: nothing). */
static json_t *ask(struct scene *scene, const char *node, const char *state)
{
	json_t *body = state ? json_pack("{s:[{s:I, s:s, s:s}]}", "reports", "number",
					 (json_int_t)scene->number, "state", state, "reason", "why")
			     : json_pack("{s:[]}", "reports"),
	       *answer = NULL;

	assert_int_equal(rollout_desk_ask(scene->desk, node, body, &answer, &scene->err), 0);
	json_decref(body);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	return answer;
}

/* The version that the node is told to run; "": none. */
static const char *version_of(json_t *answer)
{
	static char version[BUNDLE_VERSION_MAX + 1];
	const char *text = json_string_value(
		json_object_get(json_array_get(json_object_get(answer, "desired"), 0), "version"));

	snprintf(version, sizeof(version), "%s", text ? text : "");
	json_decref(answer);
	return version;
}

static void test_a_node_is_told_and_told_no_more(void **state)
{
	struct scene *scene = *state;

	assert_string_equal(version_of(ask(scene, "attic", NULL)), "");
	begin(scene, 1, "attic");
	assert_string_equal(scene->news, "attic ");
	assert_true(rollout_desk_has_news(scene->desk, "attic"));
	assert_false(rollout_desk_has_news(scene->desk, "barn"));
	assert_string_equal(version_of(ask(scene, "barn", NULL)), "");
	assert_string_equal(version_of(ask(scene, "attic", NULL)), "1");
	assert_string_equal(version_of(ask(scene, "attic", "probation")), "1");
	assert_string_equal(version_of(ask(scene, "attic", "good")), "");
	assert_string_equal(scene->noted, "roll-out of lamp 1: done");
	assert_int_equal(rollout_desk_count(scene->desk).active, 0);
}

/* Nobody is told what is not on the disk; afterwards it is there after a kill. */
static void test_numbers_grow_over_a_restart(void **state)
{
	struct scene *scene = *state;
	uint64_t first;

	begin(scene, 1, "attic");
	first = scene->number;
	close_desk(scene);
	open_desk(scene);
	assert_string_equal(version_of(ask(scene, "attic", NULL)), "1");
	/* The clock stands still, or was set back. */
	begin(scene, 2, NULL);
	assert_true(scene->number > first);
	assert_string_equal(version_of(ask(scene, "attic", NULL)), "2");
	assert_string_equal(version_of(ask(scene, "barn", NULL)), "2");
}

static void test_undo_has_a_number_of_its_own(void **state)
{
	struct scene *scene = *state;
	json_t *answer;
	uint64_t number;

	begin(scene, 1, "attic");
	number = scene->number;
	json_decref(ask(scene, "attic", NULL));
	json_decref(ask(scene, "attic", "good"));
	assert_int_equal(
		rollout_desk_act(scene->desk, number, ROLLOUT_UNDO_IT, on_done, scene, &scene->err),
		0);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	answer = ask(scene, "attic", NULL);
	assert_true((uint64_t)json_integer_value(json_object_get(answer, "number")) > number);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(answer, "desired"), 0), "task")),
			    "undo");
	json_decref(answer);
	assert_int_equal(
		rollout_desk_act(scene->desk, 5, ROLLOUT_UNDO_IT, on_done, scene, &scene->err),
		ERROR_NOT_FOUND);
}

static void assert_active(struct scene *scene, const char *expected)
{
	json_t *active = rollout_desk_active(scene->desk);
	char *text = json_dumps(active, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
	json_decref(active);
}

static void act(struct scene *scene, enum rollout_action action)
{
	assert_int_equal(
		rollout_desk_act(scene->desk, scene->number, action, on_done, scene, &scene->err),
		0);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
}

/* An operator who pauses a roll-out knows about it; of a failure, somebody has to be told. */
static void test_which_one_is_stopped(void **state)
{
	struct scene *scene = *state;

	assert_active(scene, "[]");
	begin(scene, 1, NULL);
	act(scene, ROLLOUT_PAUSE_IT);
	assert_active(scene, "[{\"is_stopped\":false,\"plugin\":\"lamp\"}]");
	act(scene, ROLLOUT_RESUME_IT);
	json_decref(ask(scene, "attic", NULL));
	json_decref(ask(scene, "attic", "failed"));
	assert_active(scene, "[{\"is_stopped\":true,\"plugin\":\"lamp\"}]");
	act(scene, ROLLOUT_ABORT_IT);
	assert_active(scene, "[]");
}

static void on_read(void *arg, int code, const struct error *err, const void *data, size_t size)
{
	struct scene *scene = arg;

	(void)err, (void)data;
	scene->code = code;
	scene->read = size;
}

static int fetch(struct scene *scene, const char *node, uint64_t offset)
{
	int ret = rollout_desk_read(scene->desk, node, scene->digest, offset, on_read, scene,
				    &scene->err);

	uv_run(&scene->loop, UV_RUN_DEFAULT);
	return ret;
}

static void test_transfers(void **state)
{
	struct scene *scene = *state;

	begin(scene, 1, NULL);
	json_decref(ask(scene, "attic", NULL));
	json_decref(ask(scene, "barn", NULL));
	/* One place: barn waits until attic has all of it. */
	assert_int_equal(rollout_desk_read(scene->desk, "attic", scene->digest, 0, on_read, scene,
					   &scene->err),
			 0);
	assert_int_equal(fetch(scene, "barn", 0), ERROR_BUSY);
	assert_string_equal(scene->err.text,
			    "as many nodes fetch bundles as transfers_max allows (1): ask again "
			    "later");
	assert_int_equal(rollout_desk_count(scene->desk).transfers_delayed, 1);
	assert_int_equal(fetch(scene, "barn", 0), 0);
	assert_true(scene->read > 1000);
	assert_int_equal(rollout_desk_count(scene->desk).transfers, 0);
	assert_int_equal(rollout_desk_count(scene->desk).bytes, 2 * scene->read);
	json_decref(ask(scene, "attic", "good"));
	assert_int_equal(fetch(scene, "attic", 0), ERROR_NOT_GRANTED);
	assert_int_equal(fetch(scene, "cellar", 0), ERROR_NOT_GRANTED);
}

static void test_orders_that_are_refused(void **state)
{
	static const struct {
		const char *nodes, *groups, *says;
		int code;
	} orders[] = {
		{"attic,cellar", "rest", "no node cellar is known here", ERROR_NOT_FOUND},
		{"attic, attic", "rest", "attic is named twice", ERROR_INVALID},
		{" , ", "rest", "at least one node", ERROR_INVALID},
		{"attic", "none", "such as 1,10%,rest", ERROR_INVALID},
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		const struct rollout_start start = {
			.bundle = "x",
			.size = 1,
			.nodes = orders[i].nodes,
			.known = scene->known,
			.groups = orders[i].groups,
			.success_percent = 100,
			.pause_on = 1,
		};

		assert_int_equal(
			rollout_desk_start(scene->desk, &start, on_done, scene, &scene->err),
			orders[i].code);
		assert_non_null(strstr(scene->err.text, orders[i].says));
	}
}

static void test_a_damaged_file(void **state)
{
	struct scene *scene = *state;
	char path[160];

	begin(scene, 1, "attic");
	close_desk(scene);
	snprintf(path, sizeof(path), "data/" BUNDLE_RELAY_FOLDER "/rollouts.json");
	make_file(&scene->bundles->folder, path, "{\"last\": 5, \"rollouts\": [{}]}");
	open_desk(scene);
	assert_string_equal(scene->noted, "a stored roll-out is damaged, ignoring: start it again");
	assert_string_equal(version_of(ask(scene, "attic", NULL)), "");
}

/* What a restart would read. */
static const char *text_of_file(const struct scene *scene)
{
	static char text[4096];
	int fd = open(at(&scene->bundles->folder, "data/" BUNDLE_RELAY_FOLDER "/rollouts.json"),
		      O_RDONLY | O_CLOEXEC);

	memset(text, 0, sizeof(text));
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return text;
}

static json_t *list_nodes(unsigned count)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:o}", "node", json_sprintf("n%u", i)));
	return list;
}

static void know(struct scene *scene, unsigned count)
{
	json_decref(scene->known);
	scene->known = list_nodes(count);
}

static size_t count_kept(const struct scene *scene)
{
	json_t *all = rollout_desk_to_json(scene->desk);
	size_t count = json_array_size(json_object_get(all, "rollouts"));

	json_decref(all);
	return count;
}

static void test_one_node_too_many(void **state)
{
	struct scene *scene = *state;
	const struct rollout_start start = {
		.bundle = "x", .size = 1, .groups = "rest", .success_percent = 100, .pause_on = 1};
	struct rollout_start all = start;

	know(scene, ROLLOUT_NODES_MAX + 1);
	all.known = scene->known;
	assert_int_equal(rollout_desk_start(scene->desk, &all, on_done, scene, &scene->err),
			 ERROR_TOO_LARGE);
	assert_string_equal(scene->err.text, "nodes: at most 2048 are possible: name fewer");
	know(scene, ROLLOUT_NODES_MAX);
	begin(scene, 1, NULL);
	assert_string_equal(version_of(ask(scene, "n2047", NULL)), "1");
}

/* The most that a roll-out can have in the file: each node has a reason of nothing but quotation
 * marks.
 */
static json_t *longest_rollout(struct scene *scene, uint64_t number)
{
	const char *names[ROLLOUT_NODES_MAX];
	char text[ROLLOUT_NODES_MAX][READING_NAME_MAX + 1];
	const struct rollout_order order = {
		.plugin = NAME,
		.version = "1",
		.digest = scene->digest,
		.number = number,
		.nodes = names,
		.nodes_count = ROLLOUT_NODES_MAX,
		.groups = "rest",
		.success_percent = 100,
		.pause_on = 1,
	};
	struct rollout *rollout;
	json_t *json;

	for (unsigned i = 0; i < ROLLOUT_NODES_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "%064u", i);
		names[i] = text[i];
	}
	assert_int_equal(rollout_create(&order, &rollout, NULL), 0);
	for (unsigned i = 0; i < ROLLOUT_NODES_MAX; i++)
		memset(rollout->nodes[i].reason, '"', ROLLOUT_REASON_SIZE - 1);
	json = rollout_to_json(rollout, true);
	rollout_destroy(rollout);
	return json;
}

/* The file of a hub that keeps as much as it can is read again, whatever the nodes have said. */
static void test_the_largest_file(void **state)
{
	const unsigned most = ROLLOUT_PLACES_MAX / ROLLOUT_NODES_MAX;
	struct scene *scene = *state;
	json_t *list = json_array(), *file;
	char *text;

	begin(scene, 1, "attic");
	close_desk(scene);
	for (unsigned i = 0; i < most; i++)
		json_array_append_new(list, longest_rollout(scene, i + 1));
	file = json_pack("{s:i, s:o}", "last", (int)most, "rollouts", list);
	text = json_dumps(file, JSON_INDENT(2));
	make_file(&scene->bundles->folder, "data/" BUNDLE_RELAY_FOLDER "/rollouts.json", text);
	free(text);
	json_decref(file);
	open_desk(scene);
	assert_int_equal(count_kept(scene), most);
}

/* The nodes of all roll-outs are limited, too: the oldest finished ones go, with their bundles. */
static void test_limit_of_nodes(void **state)
{
	const unsigned most = ROLLOUT_PLACES_MAX / ROLLOUT_NODES_MAX;
	struct scene *scene = *state;

	begin(scene, 1, "attic");
	know(scene, ROLLOUT_NODES_MAX);
	for (unsigned n = 2; n <= most; n++)
		begin(scene, n, NULL);
	assert_int_equal(count_kept(scene), most);
	begin(scene, most + 1, NULL);
	assert_int_equal(count_kept(scene), most);
	begin(scene, most + 2, NULL);
	assert_int_equal(count_kept(scene), most);
	assert_string_equal(version_of(ask(scene, "n7", NULL)), "10");
}

/* Reports that come while the disk writes are on the disk in the end. */
static void test_reports_at_once(void **state)
{
	static const char *const states[] = {"downloaded", "candidate", "probation", "good"};
	struct scene *scene = *state;
	json_t *body, *answer;

	begin(scene, 1, "attic,barn");
	json_decref(ask(scene, "attic", NULL));
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		body = json_pack("{s:[{s:I, s:s, s:s}]}", "reports", "number",
				 (json_int_t)scene->number, "state", states[i], "reason", "");
		assert_int_equal(rollout_desk_ask(scene->desk, "attic", body, &answer, &scene->err),
				 0);
		json_decref(body);
		json_decref(answer);
	}
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	assert_non_null(strstr(text_of_file(scene), "\"state\": \"good\""));
}

/* As many as are kept; a finished one makes room, and its bundle goes. */
static void test_limit(void **state)
{
	struct scene *scene = *state;
	char first[BUNDLE_DIGEST_SIZE];
	struct bundle_relayed relayed;
	json_t *all;

	begin(scene, 1, "attic");
	memcpy(first, scene->digest, sizeof(first));
	for (unsigned n = 2; n <= ROLLOUTS_MAX + 1; n++)
		begin(scene, n, "attic");
	all = rollout_desk_to_json(scene->desk);
	assert_int_equal(json_array_size(json_object_get(all, "rollouts")), ROLLOUTS_MAX);
	json_decref(all);
	assert_int_equal(rollout_desk_count(scene->desk).active, 1);
	assert_int_equal(bundle_relay_find(scene->bundles->data, &scene->bundles->config, first,
					   &relayed, NULL),
			 ERROR_NOT_FOUND);
	assert_string_equal(version_of(ask(scene, "attic", NULL)), "65");
}

/* The state is stored elsewhere, as in a cluster. */

static void keep(void *arg, json_t *state)
{
	struct scene *scene = arg;

	json_decref(scene->stored);
	scene->stored = state;
}

static void share(void *arg, const char *digest, uint64_t size, rollout_shared_cb *on_shared,
		  void *shared_arg)
{
	struct scene *scene = arg;

	(void)digest, (void)size;
	scene->shared++;
	on_shared(shared_arg, scene->share_fails ? ERROR_CLOSED : 0, &scene->err);
}

/* In place of the one with a file. */
static void open_elsewhere(struct scene *scene)
{
	close_desk(scene);
	open_desk_with(scene, &(const struct rollout_desk_config){.save = keep, .share = share});
}

static void start_elsewhere(struct scene *scene)
{
	scene->begin_ends_with = 1; /* on_done() was not called yet */
	begin(scene, 1, "attic");
}

static void test_a_node_is_told_what_is_stored_elsewhere_and_offered(void **state)
{
	struct scene *scene = *state;

	open_elsewhere(scene);
	start_elsewhere(scene);
	assert_int_equal(scene->shared, 1);
	assert_string_equal(version_of(ask(scene, "attic", NULL)), ""); /* not stored */
	rollout_desk_saved(scene->desk);
	assert_int_equal(scene->code, 0);
	assert_string_equal(version_of(rollout_desk_desired(scene->desk, "attic")), "");
	json_decref(ask(scene, "attic", NULL)); /* the leader takes its report */
	assert_string_equal(version_of(rollout_desk_desired(scene->desk, "attic")), "1");
	assert_string_equal(version_of(rollout_desk_desired(scene->desk, "barn")), "");
	rollout_desk_load(scene->desk, NULL);
	assert_string_equal(version_of(rollout_desk_desired(scene->desk, "attic")), "");
	rollout_desk_load(scene->desk, scene->stored);
	assert_string_equal(version_of(rollout_desk_desired(scene->desk, "attic")), "1");
}

static void test_what_cannot_be_stored_elsewhere_did_not_happen(void **state)
{
	struct scene *scene = *state;

	open_elsewhere(scene);
	start_elsewhere(scene);
	rollout_desk_failed(scene->desk, "another was first");
	assert_int_equal(scene->code, ERROR_BUSY);
	assert_string_equal(scene->err.text, "the roll-out was not changed: another was first");
	assert_int_equal(rollout_desk_count(scene->desk).active, 0);
	scene->share_fails = true;
	scene->begin_ends_with = ERROR_CLOSED;
	begin(scene, 2, "attic");
	assert_int_equal(rollout_desk_count(scene->desk).active, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_node_is_told_and_told_no_more, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_numbers_grow_over_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_undo_has_a_number_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_which_one_is_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transfers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_orders_that_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_damaged_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_node_too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_largest_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit_of_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reports_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_node_is_told_what_is_stored_elsewhere_and_offered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_stored_elsewhere_did_not_happen,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
