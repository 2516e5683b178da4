#include "simulation/scenario.h"

#include "fixture.h"

#define MINUTE_MS 60000u
#define DAYS 10

struct range {
	enum scenario_channel channel;
	double low;
	double high;
	double step; /* the most that it may change in a second */
};

static const struct range ranges[] = {
	{SCENARIO_TEMPERATURE, 19, 24, 0.05},	{SCENARIO_HUMIDITY, 35, 60, 0.3},
	{SCENARIO_PRESSURE, 99700, 102900, 10}, {SCENARIO_GAS_RESISTANCE, 60000, 250000, 3000},
	{SCENARIO_LIGHT, 0, 600, 10},
};

static void test_plausible(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const struct range *range = &ranges[i];

		for (uint64_t t = UNIX_MS; t < UNIX_MS + DAYS * 1440ull * MINUTE_MS;
		     t += 7 * MINUTE_MS) {
			double value = scenario_value(1, range->channel, t);
			double next = scenario_value(1, range->channel, t + 1000);

			if (!(value >= range->low && value <= range->high))
				fail_msg("channel %d is %g", (int)range->channel, value);
			assert_near(next, value, range->step);
		}
	}
}

static void test_depends_on_seed_and_time_alone(void **state)
{
	double first = scenario_value(7, SCENARIO_TEMPERATURE, UNIX_MS);

	(void)state;
	assert_true(scenario_value(7, SCENARIO_TEMPERATURE, UNIX_MS + 5000) != first);
	assert_true(scenario_value(8, SCENARIO_TEMPERATURE, UNIX_MS) != first);
	assert_true(scenario_value(7, SCENARIO_TEMPERATURE, UNIX_MS) == first);
}

static void test_day_and_night(void **state)
{
	(void)state;
	assert_near(scenario_value(1, SCENARIO_LIGHT, UNIX_MS + 1440ull * MINUTE_MS), 1.5, 0.5);
	assert_true(scenario_value(1, SCENARIO_LIGHT, UNIX_MS + 750ull * MINUTE_MS) > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plausible),
		cmocka_unit_test(test_depends_on_seed_and_time_alone),
		cmocka_unit_test(test_day_and_night),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
