#include "simulation/chip/bh1750.h"

#include "fixture.h"

#define ADDRESS 0x23

struct fixture {
	struct bench bench;
	struct bh1750_model bh1750;
};

static int set_up(void **state)
{
	static struct fixture f;

	bench_init(&f.bench);
	f.bench.climate.light = 300;
	bh1750_model_init(&f.bh1750, &f.bench.clock.base, &f.bench.source);
	assert_int_equal(sim_attach_i2c(f.bench.backend, 1, ADDRESS, &f.bh1750.chip.device, NULL),
			 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bench_finish(&f->bench);
	bh1750_model_finish(&f->bh1750);
	return 0;
}

static void instruct(struct fixture *f, uint8_t code)
{
	assert_int_equal(i2c_bus_write_read(f->bench.i2c, ADDRESS, &code, 1, NULL, 0, NULL), 0);
}

static unsigned read_after(struct fixture *f, uint64_t wait_ns)
{
	uint8_t data[2];

	clock_manual_advance_ns(&f->bench.clock, wait_ns);
	assert_int_equal(i2c_bus_write_read(f->bench.i2c, ADDRESS, NULL, 0, data, 2, NULL), 0);
	return (unsigned)(data[0] << 8 | data[1]);
}

/* lux = raw / 1.2 * 69 / MTreg, half of it in mode 2. */
static void test_one_shot(void **state)
{
	struct fixture *f = *state;

	instruct(f, 0x01);
	instruct(f, 0x20);
	assert_int_equal(read_after(f, 120 * MS - 1), 0);
	assert_int_equal(read_after(f, 1), 360);
	f->bench.climate.light = 100; /* it is down again */
	assert_int_equal(read_after(f, SECOND), 360);
	instruct(f, 0x21);
	assert_int_equal(read_after(f, 120 * MS), 240);
	instruct(f, 0x23);
	assert_int_equal(read_after(f, 16 * MS - 1), 240);
	assert_int_equal(read_after(f, 1), 120);
}

static void test_continuous(void **state)
{
	struct fixture *f = *state;

	instruct(f, 0x10);
	assert_int_equal(read_after(f, 119 * MS), 0);
	assert_int_equal(read_after(f, MS), 360);
	f->bench.climate.light = 100;
	assert_int_equal(read_after(f, 119 * MS), 360);
	assert_int_equal(read_after(f, MS), 120);
	instruct(f, 0x00);
	f->bench.climate.light = 300;
	assert_int_equal(read_after(f, SECOND), 120);
}

static void set_time_register(struct fixture *f, uint8_t value)
{
	instruct(f, (uint8_t)(0x40 | value >> 5));
	instruct(f, (uint8_t)(0x60 | (value & 31)));
}

static void test_time_register(void **state)
{
	struct fixture *f = *state;

	set_time_register(f, 138); /* twice the default: twice the time, twice the counts */
	instruct(f, 0x20);
	assert_int_equal(read_after(f, 240 * MS - 1), 0);
	assert_int_equal(read_after(f, 1), 720);
	set_time_register(f, 31);
	assert_int_equal(f->bh1750.time_register, 31);
	set_time_register(f, 30);
	assert_int_equal(f->bh1750.time_register, 31);
	set_time_register(f, 254);
	assert_int_equal(f->bh1750.time_register, 254);
	set_time_register(f, 255);
	assert_int_equal(f->bh1750.time_register, 254);
}

static void test_saturation(void **state)
{
	struct fixture *f = *state;

	f->bench.climate.light = 1e9;
	instruct(f, 0x20);
	assert_int_equal(read_after(f, 120 * MS), 0xffff);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;

	instruct(f, 0x20);
	assert_int_equal(read_after(f, 120 * MS), 360);
	instruct(f, 0x07); /* not while it is down */
	assert_int_equal(read_after(f, 0), 360);
	instruct(f, 0x01);
	instruct(f, 0x07);
	assert_int_equal(read_after(f, 0), 0);
}

static void test_unplugged(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {FAULT_UNPLUGGED, SECOND, SECOND, 0};

	assert_int_equal(
		fault_schedule_add(&f->bh1750.chip.faults, "bh1750", CHIP_FAULTS, &fault, NULL), 0);
	instruct(f, 0x10);
	assert_int_equal(read_after(f, 120 * MS), 360);
	assert_int_equal(read_after(f, 3 * SECOND), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_shot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_continuous, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_time_register, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_saturation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
