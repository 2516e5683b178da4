#include "reading/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "config/config.h"
#include "reading/create.h"

struct fixture {
	struct config *config;
	struct reading_catalogue *catalogue;
	unsigned changes;
};

static void on_changed(void *arg)
{
	((struct fixture *)arg)->changes++;
}

static void start(struct fixture *fixture, const char *text)
{
	const struct reading_catalogue_events events = {on_changed, fixture};
	char whole[1024];

	snprintf(whole, sizeof(whole), "[cluster]\nnode_id = \"home\"\n%s", text);
	*fixture = (struct fixture){0};
	assert_int_equal(config_parse(whole, strlen(whole), "c.toml", &fixture->config, NULL), 0);
	fixture->catalogue = reading_catalogue_create(fixture->config, &events);
	assert_non_null(fixture->catalogue);
}

static void end(struct fixture *fixture)
{
	reading_catalogue_destroy(fixture->catalogue);
	config_destroy(fixture->config);
}

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void declare(struct fixture *fixture, const char *plugin, const char *text)
{
	json_t *sensors = parse(text);

	reading_catalogue_declare(fixture->catalogue, plugin, sensors);
	json_decref(sensors);
}

static int patch(struct fixture *fixture, const char *sensor, const char *text, struct error *err)
{
	json_t *value = parse(text);
	int ret = reading_catalogue_patch(fixture->catalogue, "home", sensor, value, err);

	json_decref(value);
	return ret;
}

static struct reading *make(const char *node, const char *sensor, const char *plugin)
{
	const struct reading_source source = {.node = node, .plugin = plugin, .now_ms = 5};

	return reading_create(&source, sensor, 5, json_pack("{s:i, s:i}", "t", 1, "u", 2));
}

static void assert_described(struct fixture *fixture, const char *node, const char *sensor,
			     const char *plugin, const char *expected)
{
	struct reading *reading = make(node, sensor, plugin);

	assert_string_equal(reading_catalogue_text(fixture->catalogue, reading), expected);
	assert_true(json_is_object(reading_catalogue_describe(fixture->catalogue, reading)));
	reading_unref(reading);
}

static void test_declared(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, "");
	assert_described(&fixture, "home", "a", "p", "{}");
	declare(&fixture, "p",
		"{\"\":{\"t\":{\"unit\":\"K\"}},\"a\":{\"t\":{\"name\":\"T\"},\"u\":{\"unit\":"
		"\"V\"}}}");
	assert_described(
		&fixture, "home", "a", "p",
		"{\"fields\":{\"t\":{\"unit\":\"K\",\"name\":\"T\"},\"u\":{\"unit\":\"V\"}}}");
	assert_described(&fixture, "home", "b", "p", "{\"fields\":{\"t\":{\"unit\":\"K\"}}}");
	assert_non_null(json_object_get(reading_catalogue_declared(fixture.catalogue), "p"));
	assert_described(&fixture, "home", "a", "other", "{}");
	assert_described(&fixture, "away", "a", "p", "{}");
	end(&fixture);
}

/* A plugin that restarts with the same declaration disturbs nobody; a new one replaces the old. */
static void test_changes(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, "");
	reading_catalogue_declare(fixture.catalogue, "p", NULL);
	assert_int_equal(fixture.changes, 0);
	declare(&fixture, "p", "{\"\":{\"t\":{\"unit\":\"K\"}}}");
	declare(&fixture, "p", "{\"\":{\"t\":{\"unit\":\"K\"}}}");
	assert_int_equal(fixture.changes, 1);
	declare(&fixture, "p", "{\"\":{\"u\":{\"unit\":\"V\"}}}");
	assert_described(&fixture, "home", "a", "p", "{\"fields\":{\"u\":{\"unit\":\"V\"}}}");
	reading_catalogue_declare(fixture.catalogue, "p", NULL);
	assert_described(&fixture, "home", "a", "p", "{}");
	assert_int_equal(fixture.changes, 3);
	end(&fixture);
}

/* The plugin, then the API, then the configuration; member by member. */
static void test_order_of_sources(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, "[sensors.a]\nroom = \"Attic\"\n[sensors.a.fields.t]\ndecimals = 0\n");
	declare(&fixture, "p", "{\"\":{\"t\":{\"unit\":\"hPa\",\"decimals\":1}}}");
	assert_int_equal(patch(&fixture, "a",
			       "{\"name\":\"Out\",\"fields\":{\"t\":{\"shown_unit\":\"Pa\"}}}",
			       NULL),
			 0);
	assert_described(
		&fixture, "home", "a", "p",
		"{\"fields\":{\"t\":{\"unit\":\"hPa\",\"decimals\":0,\"shown\":{\"unit\":"
		"\"Pa\",\"factor\":100.0,\"offset\":0.0}}},\"name\":\"Out\",\"room\":\"Attic\"}");
	end(&fixture);
}

static void test_patch_is_refused(void **state)
{
	struct fixture fixture;
	struct error err;

	(void)state;
	start(&fixture, "[sensors.a]\nname = \"Kitchen\"\n[sensors.b]\norder = 1\n");
	assert_int_equal(patch(&fixture, "a", "{\"name\":\"X\"}", &err), ERROR_BUSY);
	assert_string_equal(err.text, "name: the configuration decides about it ([sensors.a], line "
				      "3): change it there");
	assert_int_equal(patch(&fixture, "b", "{\"name\":\"Kitchen\"}", &err), ERROR_EXISTS);
	assert_string_equal(err.text,
			    "name: the sensor a has the name \"Kitchen\" in the same room: "
			    "choose another name");
	assert_int_equal(patch(&fixture, "b", "{\"name\":\"Kitchen\",\"room\":\"Cellar\"}", NULL),
			 0);
	assert_int_equal(patch(&fixture, "c", "{\"name\":\"Kitchen\",\"room\":\"Cellar\"}", &err),
			 ERROR_EXISTS);
	assert_string_equal(err.text,
			    "name: the sensor home:b has the name \"Kitchen\" in the same "
			    "room: choose another name");
	/* The same again, and to another member, is fine. */
	assert_int_equal(patch(&fixture, "b", "{\"name\":\"Kitchen\",\"main\":\"t\"}", NULL), 0);
	assert_int_equal(patch(&fixture, "c", "{\"order\":7}", NULL), 0);
	assert_int_equal(patch(&fixture, "b", "{\"hidden\":\"yes\"}", &err), ERROR_INVALID);
	end(&fixture);
}

static void assert_stored(struct fixture *fixture, const char *expected)
{
	json_t *stored = reading_catalogue_labels(fixture->catalogue), *wanted = parse(expected);

	assert_true(json_equal(stored, wanted));
	json_decref(stored);
	json_decref(wanted);
}

/* Nothing of a refused patch stays; null takes a decision back, and the last one the label. */
static void test_labels(void **state)
{
	struct fixture fixture;
	unsigned changes;

	(void)state;
	start(&fixture, "");
	assert_int_equal(patch(&fixture, "a", "{\"name\":\"A\",\"room\":\"R\"}", NULL), 0);
	changes = fixture.changes;
	assert_int_equal(patch(&fixture, "a", "{\"name\":\"B\",\"room\":\"<\"}", NULL),
			 ERROR_INVALID);
	assert_int_equal(fixture.changes, changes);
	assert_described(&fixture, "home", "a", "p", "{\"name\":\"A\",\"room\":\"R\"}");
	assert_int_equal(patch(&fixture, "a", "{\"name\":null}", NULL), 0);
	assert_described(&fixture, "home", "a", "p", "{\"room\":\"R\"}");
	assert_int_equal(patch(&fixture, "a", "{\"room\":null}", NULL), 0);
	assert_stored(&fixture, "{}");
	end(&fixture);
}

/* Ten thousand rooms: as many as CATALOGUE_ROOMS_MAX are taken. */
static void test_rooms(void **state)
{
	struct fixture fixture;
	struct error err;
	char sensor[16], text[64];

	(void)state;
	start(&fixture, "");
	for (int i = 0; i < CATALOGUE_ROOMS_MAX; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		snprintf(text, sizeof(text), "{\"room\":\"room %d\"}", i);
		assert_int_equal(patch(&fixture, sensor, text, NULL), 0);
	}
	assert_int_equal(patch(&fixture, "more", "{\"room\":\"one more\"}", &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "room: there are more than 128 rooms: use one that exists");
	assert_int_equal(patch(&fixture, "more", "{\"room\":\"room 0\"}", NULL), 0);
	end(&fixture);
}

static void test_stored(void **state)
{
	struct fixture fixture;
	json_t *labels =
		parse("{\"home:a\":{\"name\":\"A\"},\"home:b\":{\"name\":\"<b>\"},\"c\":{}}");

	(void)state;
	start(&fixture, "");
	assert_int_equal(reading_catalogue_load(fixture.catalogue, labels), 2);
	assert_described(&fixture, "home", "a", "p", "{\"name\":\"A\"}");
	assert_described(&fixture, "home", "b", "p", "{}");
	json_decref(labels);
	end(&fixture);
}

/* A node that gets another name keeps what its owner decided about its sensors; what a hub decided
 * about those of others stays theirs. */
static void test_another_name(void **state)
{
	struct fixture fixture;
	json_t *labels = parse("{\":a\":{\"name\":\"A\"},\"attic:a\":{\"name\":\"B\"}}");

	(void)state;
	start(&fixture, "");
	assert_int_equal(reading_catalogue_load(fixture.catalogue, labels), 0);
	assert_described(&fixture, "home", "a", "p", "{\"name\":\"A\"}");
	assert_described(&fixture, "attic", "a", "p", "{\"name\":\"B\"}");
	assert_int_equal(patch(&fixture, "a", "{\"room\":\"R\"}", NULL), 0);
	assert_stored(&fixture, "{\":a\":{\"name\":\"A\",\"room\":\"R\"},"
				"\"attic:a\":{\"name\":\"B\"}}");
	json_decref(labels);
	end(&fixture);
}

static void test_namesakes(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, "");
	reading_catalogue_set_namesakes(fixture.catalogue, parse("{\"home:a\":\"home:b\"}"));
	assert_int_equal(fixture.changes, 1);
	assert_described(&fixture, "home", "a", "p", "{\"namesake\":\"home:b\"}");
	assert_described(&fixture, "home", "b", "p", "{}");
	reading_catalogue_set_namesakes(fixture.catalogue, parse("{\"home:a\":\"home:b\"}"));
	assert_int_equal(fixture.changes, 1);
	reading_catalogue_set_namesakes(fixture.catalogue, parse("{}"));
	assert_described(&fixture, "home", "a", "p", "{}");
	end(&fixture);
}

/* A hub shows what the spoke says, with its own decisions on top. */
static void test_another_node(void **state)
{
	struct fixture fixture;
	json_t *sent = parse("{\"a\":{\"name\":\"Shed\",\"fields\":{\"t\":{\"unit\":\"K\"}}},"
			     "\"bad name\":{},\"b\":{\"order\":\"first\"}}");
	size_t refused;

	(void)state;
	start(&fixture, "[sensors.\"away:a\"]\nroom = \"Garden\"\n");
	assert_int_equal(reading_catalogue_learn(fixture.catalogue, "away", sent, &refused, NULL),
			 0);
	assert_int_equal(refused, 2);
	assert_int_equal(fixture.changes, 1);
	assert_described(
		&fixture, "away", "a", "",
		"{\"name\":\"Shed\",\"fields\":{\"t\":{\"unit\":\"K\"}},\"room\":\"Garden\"}");
	assert_described(&fixture, "away", "b", "", "{}");
	assert_described(&fixture, "home", "a", "", "{}");
	assert_int_equal(reading_catalogue_learn(fixture.catalogue, "away", sent, &refused, NULL),
			 0);
	assert_int_equal(fixture.changes, 1);
	json_decref(sent);
	end(&fixture);
}

static void test_too_much_of_another_node(void **state)
{
	struct fixture fixture;
	json_t *sent = json_object(), *text = json_string("not an object");
	char sensor[16];
	size_t refused;

	(void)state;
	start(&fixture, "");
	assert_int_equal(reading_catalogue_learn(fixture.catalogue, "away", text, &refused, NULL),
			 ERROR_MALFORMED);
	for (int i = 0; i < CATALOGUE_REMOTE_MAX; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		json_object_set_new(sent, sensor, json_object());
	}
	assert_int_equal(reading_catalogue_learn(fixture.catalogue, "away", sent, &refused, NULL),
			 0);
	assert_int_equal(reading_catalogue_learn(fixture.catalogue, "other", sent, &refused, NULL),
			 ERROR_TOO_LARGE);
	json_decref(sent);
	json_decref(text);
	end(&fixture);
}

/* A description that is too large loses its fields, not its name. */
static void test_size(void **state)
{
	struct fixture fixture;
	json_t *fields = json_object(), *sensors;
	char name[80];

	(void)state;
	start(&fixture, "[sensors.a]\nname = \"A\"\n");
	for (int i = 0; i < 512; i++) {
		snprintf(name, sizeof(name), "field %d with a long name", i);
		json_object_set_new(fields, name, json_pack("{s:s}", "unit", "K"));
	}
	sensors = json_pack("{s:o}", "", fields);
	reading_catalogue_declare(fixture.catalogue, "p", sensors);
	assert_described(&fixture, "home", "a", "p", "{\"name\":\"A\"}");
	json_decref(sensors);
	end(&fixture);
}

static void test_units(void **state)
{
	struct fixture fixture;
	struct reading *reading = make("home", "a", "p");
	json_t *units;

	(void)state;
	start(&fixture, "");
	declare(&fixture, "p", "{\"\":{\"t\":{\"unit\":\"K\"},\"absent\":{\"unit\":\"V\"}}}");
	units = reading_units(reading, reading_catalogue_describe(fixture.catalogue, reading));
	assert_int_equal(json_object_size(units), 1);
	assert_string_equal(json_string_value(json_object_get(units, "t")), "K");
	json_decref(units);
	units = reading_units(reading, NULL);
	assert_int_equal(json_object_size(units), 0);
	json_decref(units);
	assert_non_null(reading_catalogue_field(fixture.catalogue, reading, "t"));
	assert_null(reading_catalogue_field(fixture.catalogue, reading, "u"));
	reading_unref(reading);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_order_of_sources),
		cmocka_unit_test(test_patch_is_refused),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_another_name),
		cmocka_unit_test(test_namesakes),
		cmocka_unit_test(test_rooms),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_another_node),
		cmocka_unit_test(test_too_much_of_another_node),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
