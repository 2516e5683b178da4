#include "reading/owners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW UINT64_C(1800000000000)

struct fixture {
	struct reading_owners *owners;
	const char *installed[4];
	char changed[256]; /* the plugins, in order */
};

static bool is_installed(void *arg, const char *plugin)
{
	const struct fixture *fixture = arg;

	for (size_t i = 0; i < 4; i++) {
		if (fixture->installed[i] && !strcmp(fixture->installed[i], plugin))
			return true;
	}
	return false;
}

static void on_changed(void *arg, const char *plugin)
{
	struct fixture *fixture = arg;
	size_t used = strlen(fixture->changed);

	snprintf(fixture->changed + used, sizeof(fixture->changed) - used, "%s ", plugin);
}

static struct reading_owners *make(struct fixture *fixture)
{
	return reading_owners_create(
		&(struct reading_owners_events){is_installed, on_changed, fixture});
}

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.installed = {"dht22", "bad", "other"}};
	fixture.owners = make(&fixture);
	assert_non_null(fixture.owners);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	reading_owners_destroy(((struct fixture *)*state)->owners);
	return 0;
}

/* As a reading is taken. */
static bool take(struct fixture *fixture, const char *plugin, const char *sensor)
{
	const char *owner = reading_owners_check(fixture->owners, plugin, sensor, NOW);

	if (!owner)
		reading_owners_keep(fixture->owners, plugin, sensor);
	return !owner;
}

static void restart(struct fixture *fixture, const char *plugin)
{
	json_t *saved = reading_owners_save(fixture->owners, plugin);

	reading_owners_destroy(fixture->owners);
	fixture->owners = make(fixture);
	reading_owners_load(fixture->owners, plugin, saved);
	json_decref(saved);
}

static void a_name_of_an_installed_plugin_is_its_own_whoever_polls_first(void **state)
{
	struct fixture *fixture = *state;

	assert_false(take(fixture, "bad", "dht22"));
	assert_true(take(fixture, "dht22", "dht22"));
	assert_string_equal(reading_owners_check(fixture->owners, "bad", "dht22", NOW), "dht22");
	/* A plugin that comes later takes its name back. */
	assert_true(take(fixture, "bad", "late"));
	fixture->installed[3] = "late";
	assert_false(take(fixture, "bad", "late"));
	assert_true(take(fixture, "late", "late"));
}

static void a_sensor_stays_its_first_plugins_over_a_restart(void **state)
{
	struct fixture *fixture = *state;

	assert_true(take(fixture, "other", "kitchen"));
	assert_string_equal(fixture->changed, "other ");
	assert_true(take(fixture, "other", "kitchen"));
	assert_string_equal(fixture->changed, "other "); /* written rarely */
	restart(fixture, "other");
	assert_false(take(fixture, "bad", "kitchen"));
	assert_true(take(fixture, "other", "kitchen"));
}

static void a_removed_plugins_sensors_are_free_after_a_while(void **state)
{
	struct fixture *fixture = *state;

	assert_true(take(fixture, "other", "kitchen"));
	fixture->installed[2] = NULL;
	reading_owners_trim(fixture->owners, NOW);
	restart(fixture, "other");
	assert_non_null(
		reading_owners_check(fixture->owners, "bad", "kitchen", NOW + OWNERS_KEEP_MS - 1));
	assert_null(reading_owners_check(fixture->owners, "bad", "kitchen", NOW + OWNERS_KEEP_MS));
	fixture->changed[0] = '\0';
	reading_owners_trim(fixture->owners, NOW + OWNERS_KEEP_MS);
	assert_string_equal(fixture->changed, "other ");
	assert_null(reading_owners_save(fixture->owners, "other"));
}

static void one_that_comes_back_in_time_has_them_still(void **state)
{
	struct fixture *fixture = *state;

	assert_true(take(fixture, "other", "kitchen"));
	fixture->installed[2] = NULL;
	reading_owners_trim(fixture->owners, NOW);
	fixture->installed[2] = "other";
	reading_owners_trim(fixture->owners, NOW + 1000);
	reading_owners_trim(fixture->owners, NOW + 2 * OWNERS_KEEP_MS);
	assert_non_null(
		reading_owners_check(fixture->owners, "bad", "kitchen", NOW + 2 * OWNERS_KEEP_MS));
}

static void a_conflict_lasts_until_the_next_poll_without_it_and_is_told_once(void **state)
{
	struct fixture *fixture = *state;
	json_t *conflicts;

	reading_owners_begin(fixture->owners, "bad");
	assert_true(reading_owners_refuse(fixture->owners, "bad", "dht22", "dht22"));
	conflicts = reading_owners_conflicts(fixture->owners, "bad");
	assert_int_equal(json_array_size(conflicts), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(conflicts, 0), "owner")), "dht22");
	json_decref(conflicts);
	reading_owners_begin(fixture->owners, "bad");
	conflicts = reading_owners_conflicts(fixture->owners, "bad");
	assert_int_equal(json_array_size(conflicts), 0);
	json_decref(conflicts);
	assert_false(reading_owners_refuse(fixture->owners, "bad", "dht22", "dht22"));
	conflicts = reading_owners_conflicts(fixture->owners, "nobody");
	assert_int_equal(json_array_size(conflicts), 0);
	json_decref(conflicts);
}

static void a_plugin_that_invents_names_keeps_its_own_limit(void **state)
{
	struct fixture *fixture = *state;
	json_t *saved;
	char name[16];

	assert_true(take(fixture, "other", "kitchen"));
	for (unsigned i = 0; i < 2 * OWNERS_SENSORS_MAX; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		assert_true(take(fixture, "bad", name));
		reading_owners_begin(fixture->owners, "bad");
		reading_owners_refuse(fixture->owners, "bad", name, "other");
	}
	saved = reading_owners_save(fixture->owners, "bad");
	assert_int_equal(json_array_size(json_object_get(saved, "sensors")), OWNERS_SENSORS_MAX);
	json_decref(saved);
	assert_non_null(reading_owners_check(fixture->owners, "bad", "kitchen", NOW));
}

static void a_reserved_sensor_is_not_to_be_had(void **state)
{
	struct fixture *fixture = *state;

	assert_true(take(fixture, "bad", "network"));
	reading_owners_reserve(fixture->owners, "network", "uplink");
	assert_false(take(fixture, "other", "network"));
	assert_null(reading_owners_save(fixture->owners, "uplink"));
	reading_owners_trim(fixture->owners, NOW + 2 * OWNERS_KEEP_MS);
	assert_false(take(fixture, "other", "network"));
}

static void what_is_saved_may_be_anything(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"sensors\": 5, \"gone_ms\": -1}",
		"{\"sensors\": [5, null, \"_log\", \"a b\", \"\"], \"gone_ms\": \"x\"}",
	};
	struct fixture *fixture = *state;

	reading_owners_load(fixture->owners, "other", NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *saved = json_loads(texts[i], 0, NULL);

		reading_owners_load(fixture->owners, "other", saved);
		json_decref(saved);
		assert_null(reading_owners_save(fixture->owners, "other"));
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_of_an_installed_plugin_is_its_own_whoever_polls_first),
		TEST(a_sensor_stays_its_first_plugins_over_a_restart),
		TEST(a_removed_plugins_sensors_are_free_after_a_while),
		TEST(one_that_comes_back_in_time_has_them_still),
		TEST(a_conflict_lasts_until_the_next_poll_without_it_and_is_told_once),
		TEST(a_plugin_that_invents_names_keeps_its_own_limit),
		TEST(a_reserved_sensor_is_not_to_be_had),
		TEST(what_is_saved_may_be_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
