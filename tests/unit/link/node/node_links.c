/* What a node of each role has of links, on a real history in a folder of its own. */
#include "link/node/node_links.h"

#include "../plugin/folder.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log_ring.h"
#include "config/config.h"
#include "link/hub/hub.h"
#include "reading/catalogue.h"
#include "reading/owners.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/history/history.h"

#define NOW_MS 1800000000000u

struct fixture {
	uv_loop_t loop;
	struct clock_manual clock;
	struct folder *folder;
	char database[128];
	struct config *config;
	struct history *history;
	struct reading_table *table;
	struct reading_owners *owners;
	struct reading_catalogue *catalogue;
	struct log_ring *log;
	struct node_links *links;
	char noted[1024];
	bool is_closed, is_history_closed;
	int sent_status;
};

static json_t *list_devices(void *arg)
{
	(void)arg;
	return json_pack("{s:b}", "buzzer", 1);
}

static int run_command(void *arg, const json_t *command, json_t **ret_result, struct error *err)
{
	(void)arg;
	(void)command;
	(void)ret_result;
	return error_set(err, ERROR_UNSUPPORTED, "not in this test");
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	struct fixture *fixture = arg;

	(void)level;
	snprintf(fixture->noted, sizeof(fixture->noted), "%s", text);
}

static bool is_installed(void *arg, const char *plugin)
{
	(void)arg;
	(void)plugin;
	return true;
}

static void on_owner_changed(void *arg, const char *plugin)
{
	(void)arg;
	(void)plugin;
}

static void on_catalogue_changed(void *arg)
{
	(void)arg;
}

static int create(struct fixture *fixture, const char *configuration)
{
	const struct reading_catalogue_events events = {on_catalogue_changed, fixture};
	struct node_links_config config = {
		.loop = &fixture->loop,
		.clock = &fixture->clock.base,
		.data_folder = fixture->folder->path,
		.version = "1.2",
		.history = fixture->history,
		.table = fixture->table,
		.owners = fixture->owners,
		.log = fixture->log,
		.devices = list_devices,
		.command = run_command,
		.on_noted = on_noted,
		.arg = fixture,
	};

	assert_int_equal(config_parse(configuration, strlen(configuration), "test.toml",
				      &fixture->config, NULL),
			 0);
	fixture->catalogue = reading_catalogue_create(fixture->config, &events);
	config.config = fixture->config;
	config.catalogue = fixture->catalogue;
	return node_links_create(&config, &fixture->links, NULL);
}

static int setup(void **state)
{
	const struct reading_owners_events owners = {is_installed, on_owner_changed, NULL};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct history_config history = {
		.path = fixture->database,
		.node = "home",
		.clock = &fixture->clock.base,
		.commit_seconds = 0.1,
		.limits = {.keep_raw_days = 365, .max_mb = 64},
	};

	folder_setup((void **)&fixture->folder);
	snprintf(fixture->database, sizeof(fixture->database), "%s/history.db",
		 fixture->folder->path);
	uv_loop_init(&fixture->loop);
	clock_manual_init(&fixture->clock, NOW_MS);
	fixture->table = reading_table_create();
	fixture->owners = reading_owners_create(&owners);
	fixture->log = log_ring_create("home", NOW_MS);
	assert_int_equal(history_create(&fixture->loop, &history, &fixture->history, NULL), 0);
	*state = fixture;
	return 0;
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	node_links_close(fixture->links, on_closed, &fixture->is_closed);
	history_close(fixture->history, on_closed, &fixture->is_history_closed);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_true(fixture->is_closed && fixture->is_history_closed);
	reading_catalogue_destroy(fixture->catalogue);
	reading_owners_destroy(fixture->owners);
	reading_table_destroy(fixture->table);
	log_ring_destroy(fixture->log);
	config_destroy(fixture->config);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

static void on_sent(void *arg, int status, const struct error *err, json_t *result)
{
	struct fixture *fixture = arg;

	(void)err;
	json_decref(result);
	fixture->sent_status = status;
}

static json_t *nodes_of(const struct fixture *fixture)
{
	json_t *nodes = json_pack("[{s:s, s:s}]", "node", "home", "role", "standalone");

	node_links_add_nodes(fixture->links, nodes);
	return nodes;
}

static void a_standalone_node_has_no_links(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};
	json_t *nodes;

	assert_int_equal(create(fixture, ""), 0);
	assert_null(node_links_hub(fixture->links));
	assert_int_equal(
		node_links_send(fixture->links, "attic", json_object(), on_sent, fixture, &err),
		ERROR_NOT_FOUND);
	assert_string_equal(err.text,
			    "this node is no hub, so it knows no node attic: ask the hub");
	assert_int_equal(node_links_buzz(fixture->links, "single", &err), ERROR_NOT_FOUND);
	nodes = nodes_of(fixture);
	assert_int_equal(json_array_size(nodes), 1);
	assert_null(json_object_get(json_array_get(nodes, 0), "uplink"));
	json_decref(nodes);
}

static void greet(const struct fixture *fixture)
{
	json_t *hello = json_pack("{s:i, s:s, s:s, s:s, s:I, s:{s:b}}", "protocol", 2, "node",
				  "attic", "stream", "0000000000000007", "version", "1.0",
				  "time_ms", (json_int_t)NOW_MS, "devices", "buzzer", 1);
	json_t *answer = NULL;

	assert_int_equal(hub_hello(node_links_hub(fixture->links), NULL, hello, &answer, NULL), 0);
	json_decref(answer);
	json_decref(hello);
}

/* Its command waits for the spoke, which does not ask for it here: closing ends it. */
static void a_hub_reaches_its_spokes(void **state)
{
	struct fixture *fixture = *state;
	json_t *nodes;

	assert_int_equal(create(fixture, "[cluster]\nrole = \"hub\"\nnode_id = \"home\"\n"), 0);
	assert_non_null(node_links_hub(fixture->links));
	greet(fixture);
	nodes = nodes_of(fixture);
	assert_int_equal(json_array_size(nodes), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(nodes, 1), "node")),
			    "attic");
	json_decref(nodes);
	assert_int_equal(node_links_send(fixture->links, "attic",
					 json_pack("{s:s}", "device", "fan"), on_sent, fixture,
					 NULL),
			 0);
	assert_int_equal(node_links_buzz(fixture->links, "single", NULL), 0);
	node_links_close(fixture->links, on_closed, &fixture->is_closed);
	fixture->links = NULL;
	while (!fixture->is_closed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_int_equal(fixture->sent_status, ERROR_CLOSED);
	assert_non_null(strstr(fixture->noted, "could not sound the buzzer of another node"));
}

static void a_spoke_has_a_link_to_its_hub(void **state)
{
	struct fixture *fixture = *state;
	const json_t *own;
	json_t *nodes;

	/* The discard port of this machine: nobody answers there. */
	assert_int_equal(create(fixture, "[cluster]\nrole = \"spoke\"\nnode_id = \"home\"\n"
					 "hub_url = \"http://127.0.0.1:9\"\n"),
			 0);
	while (!*fixture->noted)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_non_null(strstr(fixture->noted, "http://127.0.0.1:9: "));
	assert_non_null(strstr(fixture->noted, "readings wait here until it answers"));
	nodes = nodes_of(fixture);
	own = json_array_get(nodes, 0);
	assert_string_equal(json_string_value(json_object_get(own, "role")), "spoke");
	assert_non_null(json_object_get(own, "uplink"));
	assert_non_null(reading_table_find_id(fixture->table, "home:network"));
	json_decref(nodes);
}

static void a_spoke_without_a_hub_says_how_to_join(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(create(fixture, "[cluster]\nrole = \"spoke\"\nnode_id = \"home\"\n"), 0);
	assert_non_null(strstr(fixture->noted, "`harvester node invite home`"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_standalone_node_has_no_links, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hub_reaches_its_spokes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_spoke_has_a_link_to_its_hub, setup, teardown),
		cmocka_unit_test_setup_teardown(a_spoke_without_a_hub_says_how_to_join, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
