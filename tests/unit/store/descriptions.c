#include "store/descriptions.h"

#include "../plugin/folder.h"

#include "base/error.h"
#include "config/config.h"
#include "reading/create.h"
#include "reading/intake.h"
#include "reading/table.h"

struct fixture {
	uv_loop_t loop;
	struct folder *folder;
	struct config *config;
	struct reading_table *table;
	struct reading_intake *intake;
	struct descriptions *descriptions;
	char problem[8192], warning[1024];
};

static void on_problem(void *arg, const char *text)
{
	struct fixture *fixture = arg;

	snprintf(fixture->problem, sizeof(fixture->problem), "%s", text);
}

static void on_warning(void *arg, const char *plugin, const char *text)
{
	struct fixture *fixture = arg;

	snprintf(fixture->warning, sizeof(fixture->warning), "%s: %s", plugin, text);
}

static void open_descriptions(struct fixture *fixture)
{
	const struct descriptions_config config = {
		.loop = &fixture->loop,
		.config = fixture->config,
		.data_folder = fixture->folder->path,
		.table = fixture->table,
		.intake = fixture->intake,
		.on_problem = on_problem,
		.on_warning = on_warning,
		.arg = fixture,
	};

	assert_int_equal(descriptions_create(&config, &fixture->descriptions, NULL), 0);
}

static void close_descriptions(struct fixture *fixture)
{
	descriptions_close(fixture->descriptions);
	fixture->descriptions = NULL;
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	static const char text[] = "[cluster]\nnode_id = \"home\"\n";
	const struct reading_source source = {.node = "home", .plugin = "attic", .now_ms = 1};
	struct reading *reading;

	folder_setup((void **)&fixture->folder);
	uv_loop_init(&fixture->loop);
	assert_int_equal(config_parse(text, strlen(text), "test.toml", &fixture->config, NULL), 0);
	fixture->table = reading_table_create();
	fixture->intake = reading_intake_create();
	reading = reading_create(&source, "roof", 1, json_pack("{s:i}", "warmth", 20));
	reading_table_put(fixture->table, reading);
	reading_unref(reading);
	open_descriptions(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_descriptions(fixture);
	reading_table_destroy(fixture->table);
	reading_intake_destroy(fixture->intake);
	config_destroy(fixture->config);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

static json_t *describe(const struct fixture *fixture)
{
	json_t *all = reading_table_descriptions(fixture->table, NULL);
	json_t *one = json_incref(json_object_get(all, "home:roof"));

	json_decref(all);
	return one;
}

static void assert_name(const struct fixture *fixture, const char *name)
{
	json_t *description = describe(fixture);

	assert_string_equal(json_string_value(json_object_get(description, "name")), name);
	json_decref(description);
}

static int rename_roof(struct fixture *fixture, const char *name, struct error *err)
{
	json_t *patch = json_pack("{s:s}", "name", name);
	int ret = descriptions_patch(fixture->descriptions, "home:roof", patch, err);

	json_decref(patch);
	return ret;
}

static void a_decision_survives_a_restart(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(rename_roof(fixture, "Under the roof", NULL), 0);
	assert_name(fixture, "Under the roof");
	close_descriptions(fixture);
	assert_null(describe(fixture));
	open_descriptions(fixture);
	assert_name(fixture, "Under the roof");
	assert_string_equal(fixture->problem, "");
}

static void an_unknown_sensor_is_not_described(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};
	json_t *patch = json_pack("{s:s}", "name", "Cellar");

	assert_int_equal(descriptions_patch(fixture->descriptions, "home:cellar", patch, &err),
			 ERROR_NOT_FOUND);
	assert_string_equal(
		err.text, "there is no sensor home:cellar: GET /api/v1/readings lists the sensors");
	json_decref(patch);
}

static json_t *read_known(const struct fixture *fixture)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/descriptions.json", fixture->folder->path);
	return json_load_file(path, 0, NULL);
}

/* The history of a sensor that is gone keeps its units. */
static void descriptions_of_sensors_that_are_gone_are_kept(void **state)
{
	struct fixture *fixture = *state;
	json_t *fields = json_pack("[{s:s, s:s}]", "field", "warmth", "unit", "°C"), *known;

	descriptions_take(fixture->descriptions, "attic", fields, NULL);
	close_descriptions(fixture);
	reading_table_destroy(fixture->table);
	fixture->table = reading_table_create();
	open_descriptions(fixture);
	close_descriptions(fixture);
	known = read_known(fixture);
	assert_non_null(json_object_get(known, "home:roof"));
	json_decref(known);
	json_decref(fields);
	open_descriptions(fixture);
}

static void a_wrong_declaration_is_counted_and_reported(void **state)
{
	struct fixture *fixture = *state;
	json_t *fields = json_pack("[{s:s, s:s}]", "field", "warmth", "unit", "blorp");

	descriptions_take(fixture->descriptions, "attic", fields, NULL);
	assert_non_null(strstr(fixture->warning, "attic: "));
	assert_non_null(strstr(fixture->warning, "blorp"));
	assert_non_null(strstr(fixture->warning, "; this declaration is ignored"));
	descriptions_take(fixture->descriptions, "attic", NULL, "division by zero");
	assert_string_equal(fixture->warning,
			    "attic: describe() failed, so its fields have no units: division by "
			    "zero");
	json_decref(fields);
}

static void a_plugin_speaks_of_itself_until_it_says_otherwise(void **state)
{
	struct fixture *fixture = *state;
	json_t *first = json_pack("[{s:s}]", "about", "Counts drops."), *second = json_array();

	assert_null(descriptions_about(fixture->descriptions, "attic"));
	descriptions_take(fixture->descriptions, "attic", first, NULL);
	assert_string_equal(descriptions_about(fixture->descriptions, "attic"), "Counts drops.");
	assert_null(descriptions_about(fixture->descriptions, "cellar"));
	descriptions_take(fixture->descriptions, "attic", second, NULL);
	assert_null(descriptions_about(fixture->descriptions, "attic"));
	json_decref(first);
	json_decref(second);
}

static void a_damaged_file_counts_as_empty(void **state)
{
	struct fixture *fixture = *state;
	char path[128];
	FILE *file;

	assert_int_equal(rename_roof(fixture, "Under the roof", NULL), 0);
	close_descriptions(fixture);
	snprintf(path, sizeof(path), "%s/labels.json", fixture->folder->path);
	file = fopen(path, "w");
	fputs("{\"home:roof\": ", file);
	fclose(file);
	open_descriptions(fixture);
	assert_non_null(strstr(fixture->problem, "labels.json is damaged"));
	assert_null(describe(fixture));
}

static void a_wrong_label_is_reported_and_left_out(void **state)
{
	struct fixture *fixture = *state;
	char path[128], expected[256];
	FILE *file;

	close_descriptions(fixture);
	snprintf(path, sizeof(path), "%s/labels.json", fixture->folder->path);
	file = fopen(path, "w");
	fputs("{\"home:roof\": {\"name\": 7}}", file);
	fclose(file);
	open_descriptions(fixture);
	snprintf(expected, sizeof(expected), "%s: 1 sensors are described wrongly, ignoring", path);
	assert_string_equal(fixture->problem, expected);
	assert_null(describe(fixture));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_decision_survives_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_sensor_is_not_described, setup,
						teardown),
		cmocka_unit_test_setup_teardown(descriptions_of_sensors_that_are_gone_are_kept,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_declaration_is_counted_and_reported, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_plugin_speaks_of_itself_until_it_says_otherwise,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_file_counts_as_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_label_is_reported_and_left_out, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
