#include "simulation/chip/pms5003.h"

#include "serial_bench.h"

struct fixture {
	struct serial_bench b;
	struct pms5003_model pms5003;
};

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	bench_init(&f.b.bench);
	f.b.bench.climate.dust = 19;
	pms5003_model_init(&f.pms5003, &f.b.bench.clock.base, &f.b.bench.source);
	serial_bench_open(&f.b, &f.pms5003.serial);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	serial_bench_close(&((struct fixture *)*state)->b);
	return 0;
}

static unsigned word(const struct fixture *f, size_t index)
{
	return (unsigned)f->b.got[2 * index] << 8 | f->b.got[2 * index + 1];
}

static void assert_frame(const struct fixture *f, unsigned pm25)
{
	unsigned sum = 0;

	assert_int_equal(f->b.count, 32);
	assert_int_equal(word(f, 0), 0x424d);
	assert_int_equal(word(f, 1), 28);
	for (size_t i = 0; i < 30; i++)
		sum += f->b.got[i];
	assert_int_equal(word(f, 15), sum);
	assert_int_equal(word(f, 6), pm25);
}

static void test_active_mode(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(serial_bench_read(&f->b, SECOND), 0);
	/* 32 bytes take 33.3 ms. */
	assert_int_equal(serial_bench_read(&f->b, 17 * MS), 16);
	assert_int_equal(serial_bench_read(&f->b, 17 * MS), 16);
	serial_bench_read(&f->b, SECOND);
	assert_frame(f, 19);
	assert_int_equal(word(f, 2), 14); /* "CF=1": a little more */
	assert_int_equal(word(f, 3), 20);
	assert_int_equal(word(f, 4), 24);
	assert_int_equal(word(f, 5), 13);
	assert_int_equal(word(f, 7), 23);
	for (size_t i = 9; i < 14; i++)
		assert_true(word(f, i) <= word(f, i - 1));
}

static void test_waits_for_a_byte(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(uart_port_read(f->b.port, f->b.got, 1, 2 * SECOND, &f->b.count, NULL), 0);
	assert_int_equal(f->b.count, 1);
	assert_int_equal(f->b.got[0], 0x42);
}

/* The kernel keeps the oldest bytes. */
static void test_nobody_reads(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(serial_bench_read(&f->b, 1000000 * SECOND), SERIAL_KEPT);
	assert_int_equal(f->b.got[0], 0x42);
	assert_int_equal(serial_bench_read(&f->b, SECOND), 32);
}

#define COMMAND(f, ...)                                                                            \
	serial_bench_write(&(f)->b, (const uint8_t[]){__VA_ARGS__},                                \
			   sizeof((const uint8_t[]){__VA_ARGS__}))

static void test_passive_mode(void **state)
{
	static const uint8_t confirmed[8] = {0x42, 0x4d, 0, 4, 0xe1, 0, 0x01, 0x74};
	struct fixture *f = *state;

	COMMAND(f, 0x42, 0x4d, 0xe1, 0, 0, 0x01, 0x71); /* a wrong sum */
	assert_int_equal(serial_bench_read(&f->b, 10 * MS), 0);
	COMMAND(f, 0x00, 0x42, 0x4d, 0xe1, 0, 0, 0x01, 0x70);
	assert_int_equal(serial_bench_read(&f->b, 10 * MS), 8);
	assert_memory_equal(f->b.got, confirmed, 8);
	assert_int_equal(serial_bench_read(&f->b, 10 * SECOND), 0);
	f->b.bench.climate.dust = 7;
	COMMAND(f, 0x42, 0x4d, 0xe2, 0, 0, 0x01, 0x71);
	serial_bench_read(&f->b, 40 * MS);
	assert_frame(f, 7);
	COMMAND(f, 0x42, 0x4d, 0xe1, 0, 1, 0x01, 0x71);
	assert_int_equal(serial_bench_read(&f->b, 10 * MS), 8);
	assert_int_equal(serial_bench_read(&f->b, 1040 * MS), 32);
}

static void test_sleep(void **state)
{
	struct fixture *f = *state;

	COMMAND(f, 0x42, 0x4d, 0xe4, 0, 0, 0x01, 0x73);
	assert_int_equal(serial_bench_read(&f->b, 10 * MS), 8);
	COMMAND(f, 0x42, 0x4d, 0xe2, 0, 0, 0x01, 0x71);
	assert_int_equal(serial_bench_read(&f->b, 10 * SECOND), 0);
	COMMAND(f, 0x42, 0x4d, 0xe4, 0, 1, 0x01, 0x74);
	serial_bench_read(&f->b, 1040 * MS);
	assert_frame(f, 19);
}

static void test_faults_of_frames(void **state)
{
	struct fixture *f = *state;
	struct serial *serial = &f->pms5003.serial;

	serial_bench_fault(serial, FAULT_TRUNCATED_FRAMES);
	assert_int_equal(serial_bench_read(&f->b, 1500 * MS), 30);
	serial_bench_fault(serial, FAULT_SHIFTED_FRAMES);
	assert_int_equal(serial_bench_read(&f->b, SECOND), 32);
	assert_int_equal(f->b.got[3], 28);
	assert_int_equal(f->b.got[5], 0x55);
	serial_bench_fault(serial, FAULT_CHECKSUM);
	assert_int_equal(serial_bench_read(&f->b, SECOND), 32);
	assert_int_equal(word(f, 6), 19);
	assert_int_not_equal(word(f, 15) & 0xff, (0x42 + 0x4d + 28) & 0xff);
	serial_bench_fault(serial, FAULT_IMPLAUSIBLE);
	serial_bench_read(&f->b, SECOND);
	assert_frame(f, 30000);
	serial_bench_fault(serial, FAULT_ALL_ONES);
	assert_int_equal(serial_bench_read(&f->b, SECOND), 32);
	assert_int_equal(word(f, 0), 0xffff);
	serial_bench_fault(serial, FAULT_TIMEOUT);
	assert_int_equal(serial_bench_read(&f->b, 10 * SECOND), 0);
	serial->faults.count = 0;
	serial_bench_read(&f->b, SECOND);
	assert_frame(f, 19);
}

static void test_another_rate_is_noise(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(uart_port_set_baud(f->b.port, 115200, NULL), 0);
	assert_int_equal(serial_bench_read(&f->b, 1100 * MS), 32);
	assert_int_not_equal(f->b.got[0], 0x42);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_active_mode),
		TEST(test_waits_for_a_byte),
		TEST(test_nobody_reads),
		TEST(test_passive_mode),
		TEST(test_sleep),
		TEST(test_faults_of_frames),
		TEST(test_another_rate_is_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
