#include "simulation/chip/fault.h"

#include "fixture.h"

#define ALL 0x1fu

static void test_names(void **state)
{
	const char *names[] = {"no-acknowledge", "stuck-bus",	       "checksum",
			       "missing-edges",	 "unplugged",	       "arbitration-loss",
			       "timeout",	 "wrong-id",	       "all-zeros",
			       "all-ones",	 "random-calibration", "truncated-frames",
			       "shifted-frames", "extra-edges",	       "implausible"};
	enum fault_kind kind;
	struct error err;

	(void)state;
	for (size_t i = 0; i < FAULT_KINDS; i++) {
		assert_int_equal(fault_kind_parse(names[i], &kind, NULL), 0);
		assert_int_equal(kind, i);
		assert_string_equal(fault_kind_name(kind), names[i]);
	}
	assert_int_equal(fault_kind_parse("gremlins", &kind, &err), ERROR_INVALID);
	assert_string_equal(
		err.text, "unknown kind of fault 'gremlins': use one of no-acknowledge, stuck-bus, "
			  "checksum, missing-edges, unplugged, arbitration-loss, timeout, "
			  "wrong-id, all-zeros, all-ones, random-calibration, truncated-frames, "
			  "shifted-frames, extra-edges, implausible");
}

static void test_what_fits(void **state)
{
	struct fault_schedule schedule = {0};
	struct fault fault = {.kind = FAULT_CHECKSUM};
	struct error err;

	(void)state;
	assert_int_equal(fault_schedule_add(&schedule, "leds", 1u << FAULT_UNPLUGGED, &fault, &err),
			 ERROR_INVALID);
	assert_string_equal(
		err.text,
		"leds: this device cannot have the fault 'checksum': use one of unplugged");
	assert_int_equal(fault_schedule_add(&schedule, "fan", 0, &fault, &err), ERROR_INVALID);
	assert_string_equal(err.text, "fan: the simulation has no faults for this device: remove "
				      "its table from [[hardware.faults]]");
	fault = (struct fault){FAULT_CHECKSUM, 0, 10, 10};
	assert_int_equal(fault_schedule_add(&schedule, "dht22", ALL, &fault, NULL), ERROR_INVALID);
	fault = (struct fault){FAULT_CHECKSUM, 0, 0, 10};
	assert_int_equal(fault_schedule_add(&schedule, "dht22", ALL, &fault, NULL), ERROR_INVALID);
	fault = (struct fault){FAULT_CHECKSUM, 0, 9, 10};
	for (unsigned i = 0; i < FAULTS_MAX; i++)
		assert_int_equal(fault_schedule_add(&schedule, "dht22", ALL, &fault, NULL), 0);
	assert_int_equal(fault_schedule_add(&schedule, "dht22", ALL, &fault, NULL),
			 ERROR_TOO_LARGE);
}

static void test_once(void **state)
{
	struct fault_schedule schedule = {.epoch_ns = 1000};
	struct fault fault = {FAULT_STUCK_BUS, 100, 50, 0};

	(void)state;
	assert_int_equal(fault_schedule_add(&schedule, "x", ALL, &fault, NULL), 0);
	assert_false(fault_schedule_active(&schedule, FAULT_STUCK_BUS, 0)); /* before the epoch */
	assert_false(fault_schedule_active(&schedule, FAULT_STUCK_BUS, 1099));
	assert_true(fault_schedule_active(&schedule, FAULT_STUCK_BUS, 1100));
	assert_false(fault_schedule_active(&schedule, FAULT_UNPLUGGED, 1100));
	assert_true(fault_schedule_active(&schedule, FAULT_STUCK_BUS, 1149));
	assert_string_equal(fault_schedule_name(&schedule, 1149), "stuck-bus");
	assert_false(fault_schedule_active(&schedule, FAULT_STUCK_BUS, 1150));
	assert_null(fault_schedule_name(&schedule, 1150));
}

static void test_again_and_for_ever(void **state)
{
	struct fault_schedule schedule = {0};
	struct fault again = {FAULT_UNPLUGGED, 100, 10, 1000};
	struct fault for_ever = {FAULT_CHECKSUM, 500, 0, 0};

	(void)state;
	assert_int_equal(fault_schedule_add(&schedule, "x", ALL, &again, NULL), 0);
	assert_int_equal(fault_schedule_add(&schedule, "x", ALL, &for_ever, NULL), 0);
	assert_true(fault_schedule_active(&schedule, FAULT_UNPLUGGED, 5109));
	assert_false(fault_schedule_active(&schedule, FAULT_UNPLUGGED, 5110));
	assert_int_equal(fault_schedule_begun(&schedule, FAULT_UNPLUGGED, 99), 0);
	assert_int_equal(fault_schedule_begun(&schedule, FAULT_UNPLUGGED, 100), 1);
	assert_int_equal(fault_schedule_begun(&schedule, FAULT_UNPLUGGED, 1099), 1);
	assert_int_equal(fault_schedule_begun(&schedule, FAULT_UNPLUGGED, 5110), 6);
	assert_false(fault_schedule_active(&schedule, FAULT_CHECKSUM, 499));
	assert_true(fault_schedule_active(&schedule, FAULT_CHECKSUM, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_what_fits),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_again_and_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
