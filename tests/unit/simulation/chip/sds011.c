#include "simulation/chip/sds011.h"

#include "serial_bench.h"

struct fixture {
	struct serial_bench b;
	struct sds011_model sds011;
};

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	bench_init(&f.b.bench);
	f.b.bench.climate.dust = 14;
	sds011_model_init(&f.sds011, &f.b.bench.clock.base, &f.b.bench.source);
	serial_bench_open(&f.b, &f.sds011.serial);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	serial_bench_close(&((struct fixture *)*state)->b);
	return 0;
}

/* A frame of a real one: PM2.5 14.0, PM10 14.8 µg/m³. The sum and the order of the bytes are its.
 */
static const uint8_t vector[10] = {0xaa, 0xc0, 0x8c, 0x00, 0x94, 0x00, 0xbc, 0xf9, 0xd5, 0xab};

static uint8_t sum_of(const uint8_t *frame)
{
	uint8_t sum = 0;

	for (size_t i = 2; i < 8; i++)
		sum = (uint8_t)(sum + frame[i]);
	return sum;
}

static void test_active_mode(void **state)
{
	struct fixture *f = *state;
	const uint8_t *got = f->b.got;

	assert_int_equal(sum_of(vector), vector[8]);
	assert_int_equal(serial_bench_read(&f->b, SECOND), 0);
	assert_int_equal(serial_bench_read(&f->b, 11 * MS), 10);
	assert_memory_equal(got, vector, 4); /* 14.0 */
	assert_int_equal(got[4] | got[5] << 8, 168);
	assert_int_equal(got[8], sum_of(got));
	assert_int_equal(got[9], 0xab);
	assert_int_equal(serial_bench_read(&f->b, 10 * SECOND), 100);
}

/* A command with its sum, to all sensors. */
static void command(struct fixture *f, uint8_t what, uint8_t set, uint8_t value)
{
	uint8_t data[19] = {0xaa, 0xb4, what, set, value};

	data[15] = data[16] = 0xff;
	data[17] = (uint8_t)(what + set + value + 0xff + 0xff);
	data[18] = 0xab;
	serial_bench_write(&f->b, data, sizeof(data));
}

static void assert_reply(struct fixture *f, uint8_t what, uint8_t set, uint8_t value)
{
	const uint8_t *got = f->b.got;

	assert_int_equal(serial_bench_read(&f->b, 20 * MS), 10);
	assert_int_equal(got[1], 0xc5);
	assert_int_equal(got[2], what);
	assert_int_equal(got[3], set);
	assert_int_equal(got[4], value);
	assert_int_equal(got[8], sum_of(got));
}

static void test_query_mode(void **state)
{
	struct fixture *f = *state;

	command(f, 2, 1, 1);
	assert_reply(f, 2, 1, 1);
	assert_int_equal(serial_bench_read(&f->b, 10 * SECOND), 0);
	command(f, 4, 0, 0);
	assert_int_equal(serial_bench_read(&f->b, 20 * MS), 10);
	assert_memory_equal(f->b.got, vector, 4);
	command(f, 2, 0, 0); /* asks */
	assert_reply(f, 2, 0, 1);
	command(f, 2, 1, 0);
	assert_reply(f, 2, 1, 0);
	assert_int_equal(serial_bench_read(&f->b, 1010 * MS), 10);
}

static void test_sleep_and_period(void **state)
{
	struct fixture *f = *state;

	command(f, 6, 1, 0);
	assert_reply(f, 6, 1, 0);
	command(f, 4, 0, 0); /* not while it sleeps */
	assert_int_equal(serial_bench_read(&f->b, 10 * SECOND), 0);
	command(f, 6, 1, 1);
	assert_reply(f, 6, 1, 1);
	command(f, 8, 1, 2);
	assert_reply(f, 8, 1, 2);
	assert_int_equal(serial_bench_read(&f->b, 119 * SECOND), 0);
	assert_int_equal(serial_bench_read(&f->b, SECOND), 10);
	command(f, 8, 1, 31); /* more than it can: as it was */
	assert_reply(f, 8, 1, 2);
	command(f, 7, 0, 0);
	assert_reply(f, 7, 18, 11);
}

static void test_wrong_commands(void **state)
{
	uint8_t data[19] = {0xaa, 0xb4, 2, 1, 1, [15] = 0x12, 0x34, 0x4a, 0xab};
	struct fixture *f = *state;

	serial_bench_write(&f->b, data, sizeof(data)); /* another's id */
	data[15] = data[16] = 0xff;
	serial_bench_write(&f->b, data, sizeof(data)); /* a wrong sum */
	assert_int_equal(serial_bench_read(&f->b, 100 * MS), 0);
	command(f, 4, 0, 0);
	assert_int_equal(serial_bench_read(&f->b, 100 * MS), 10);
}

static void test_faults(void **state)
{
	struct fixture *f = *state;
	struct serial *serial = &f->sds011.serial;
	const uint8_t *got = f->b.got;

	serial_bench_fault(serial, FAULT_TRUNCATED_FRAMES);
	assert_int_equal(serial_bench_read(&f->b, 1500 * MS), 8);
	serial_bench_fault(serial, FAULT_SHIFTED_FRAMES);
	assert_int_equal(serial_bench_read(&f->b, SECOND), 10);
	assert_int_not_equal(got[9], 0xab);
	serial_bench_fault(serial, FAULT_CHECKSUM);
	serial_bench_read(&f->b, SECOND);
	assert_int_equal(got[9], 0xab);
	assert_int_not_equal(got[8], sum_of(got));
	serial_bench_fault(serial, FAULT_IMPLAUSIBLE);
	serial_bench_read(&f->b, SECOND);
	assert_int_equal(got[8], sum_of(got));
	assert_int_equal(got[2] | got[3] << 8, 40000);
	serial_bench_fault(serial, FAULT_ALL_ZEROS);
	serial_bench_read(&f->b, SECOND);
	assert_int_equal(got[0], 0);
}

/* The mode stays without power, the sleep does not. */
static void test_unplugged(void **state)
{
	struct fault fault = {FAULT_UNPLUGGED, 5 * SECOND, SECOND, 0};
	struct fixture *f = *state;

	assert_int_equal(
		fault_schedule_add(&f->sds011.serial.faults, "sds011", SERIAL_FAULTS, &fault, NULL),
		0);
	command(f, 6, 1, 0);
	assert_reply(f, 6, 1, 0);
	assert_int_equal(serial_bench_read(&f->b, 5500 * MS), 0);
	clock_manual_advance_ns(&f->b.bench.clock, SECOND);
	assert_true(serial_bench_read(&f->b, 2 * SECOND) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_active_mode),	   TEST(test_query_mode), TEST(test_sleep_and_period),
		TEST(test_wrong_commands), TEST(test_faults),	  TEST(test_unplugged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
