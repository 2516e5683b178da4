#include "simulation/chip/bme280.h"

#include "fixture.h"

#define ADDRESS 0x76

struct fixture {
	struct bench bench;
	struct bme280_model bme280;
};

static int set_up(void **state)
{
	static struct fixture f;

	bench_init(&f.bench);
	f.bench.climate = (struct climate){.temperature = 21.5, .humidity = 47, .pressure = 101325};
	bme280_model_init(&f.bme280, NULL, &f.bench.clock.base, &f.bench.source);
	assert_int_equal(sim_attach_i2c(f.bench.backend, 1, ADDRESS, &f.bme280.chip.device, NULL),
			 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bench_finish(&f->bench);
	bme280_model_finish(&f->bme280);
	return 0;
}

static int transfer(struct fixture *f, const uint8_t *out, size_t size, uint8_t *in, size_t wanted)
{
	return i2c_bus_write_read(f->bench.i2c, ADDRESS, out, size, in, wanted, NULL);
}

#define WRITE(f, ...)                                                                              \
	assert_int_equal(transfer(f, (const uint8_t[]){__VA_ARGS__},                               \
				  sizeof((const uint8_t[]){__VA_ARGS__}), NULL, 0),                \
			 0)

static uint8_t read_one(struct fixture *f, uint8_t address)
{
	uint8_t value = 0;

	assert_int_equal(transfer(f, &address, 1, &value, 1), 0);
	return value;
}

static void read_data(struct fixture *f, uint8_t ret_data[8])
{
	assert_int_equal(transfer(f, (const uint8_t[]){0xf7}, 1, ret_data, 8), 0);
}

static uint32_t word20(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 12 | (uint32_t)bytes[1] << 4 | bytes[2] >> 4;
}

/* The formulas were checked for themselves. */
static void assert_climate(struct fixture *f, double celsius)
{
	const struct bme280_coefficients *c = &bme280_coefficients_default;
	uint8_t data[8];
	double fine;

	read_data(f, data);
	fine = bme280_fine(c, word20(data + 3));
	assert_near(fine / 5120, celsius, 0.005);
	assert_near(bme280_pascal(c, fine, word20(data)), 101325, 3);
	assert_near(bme280_percent(c, fine, data[6] << 8 | data[7]), 47, 0.02);
}

static void test_identity_and_reset(void **state)
{
	static const uint8_t skipped[8] = {0x80, 0, 0, 0x80, 0, 0, 0x80, 0};
	struct fixture *f = *state;
	uint8_t data[8];

	assert_int_equal(read_one(f, 0xd0), 0x60);
	WRITE(f, 0xd0, 0x12, 0x88, 0x00); /* read-only */
	assert_int_equal(read_one(f, 0xd0), 0x60);
	assert_int_equal(read_one(f, 0x88), 27504 & 0xff);
	read_data(f, data);
	assert_memory_equal(data, skipped, 8);
	WRITE(f, 0xf2, 0x05, 0xf5, 0x10);
	WRITE(f, 0xe0, 0x12); /* not the word */
	assert_int_equal(read_one(f, 0xf2), 0x05);
	WRITE(f, 0xe0, 0xb6);
	assert_int_equal(transfer(f, (const uint8_t[]){0xd0}, 1, data, 1), ERROR_NO_ACKNOWLEDGE);
	clock_manual_advance_ns(&f->bench.clock, 2 * MS);
	assert_int_equal(read_one(f, 0xf2), 0);
}

static void test_forced_mode(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0xf2, 0x01, 0xf4, 0xb5); /* 16, 16, 1 samples */
	assert_int_equal(read_one(f, 0xf3), 0x08);
	clock_manual_advance_ns(&f->bench.clock, 67 * MS); /* 1 + 32 + 32.5 + 2.5 = 68 */
	assert_int_equal(read_one(f, 0xf3), 0x08);
	f->bench.climate.temperature = 30;
	clock_manual_advance_ns(&f->bench.clock, 1 * MS);
	assert_int_equal(read_one(f, 0xf3), 0);
	assert_int_equal(read_one(f, 0xf4), 0xb4); /* asleep again */
	assert_climate(f, 30);
	f->bench.climate.temperature = 10;
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_climate(f, 30); /* it keeps what it has */
}

static void test_normal_mode(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0xf5, 0x3c, 0xf2, 0x01, 0xf4, 0x27); /* 62.5 ms apart, filter; 1 sample of each */
	clock_manual_advance_ns(&f->bench.clock, 8 * MS);
	assert_climate(f, 21.5);
	assert_int_equal(read_one(f, 0xf4), 0x27);
	f->bench.climate.temperature = -10;
	assert_climate(f, 21.5); /* in standby */
	clock_manual_advance_ns(&f->bench.clock, 63 * MS);
	assert_int_equal(read_one(f, 0xf3), 0x08);
	clock_manual_advance_ns(&f->bench.clock, 8 * MS);
	assert_climate(f, -10);
	f->bench.climate.temperature = 5;
	clock_manual_advance_ns(&f->bench.clock, 3600 * SECOND);
	assert_climate(f, 5);
	WRITE(f, 0xf4, 0x24); /* sleep */
	f->bench.climate.temperature = 6;
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_climate(f, 5);
}

/* ctrl_hum counts from the next write to ctrl_meas on; what is skipped says so. */
static void test_what_is_switched_off(void **state)
{
	struct fixture *f = *state;
	uint8_t data[8];

	WRITE(f, 0xf4, 0x21, 0xf2, 0x01);
	clock_manual_advance_ns(&f->bench.clock, 10 * MS);
	read_data(f, data);
	assert_int_equal(word20(data), 0x80000);
	assert_true(word20(data + 3) != 0x80000);
	assert_int_equal(data[6] << 8 | data[7], 0x8000);
	WRITE(f, 0xf4, 0x21);
	clock_manual_advance_ns(&f->bench.clock, 10 * MS);
	read_data(f, data);
	assert_true((data[6] << 8 | data[7]) != 0x8000);
}

static void add_fault(struct fixture *f, enum fault_kind kind)
{
	struct fault fault = {kind, 0, SECOND, 0};

	assert_int_equal(fault_schedule_add(&f->bme280.chip.faults, "bme280", CHIP_BOSCH_FAULTS,
					    &fault, NULL),
			 0);
}

static void test_faults_of_the_wires(void **state)
{
	static const struct {
		enum fault_kind kind;
		int code;
	} cases[] = {
		{FAULT_NO_ACKNOWLEDGE, ERROR_NO_ACKNOWLEDGE},
		{FAULT_UNPLUGGED, ERROR_NO_ACKNOWLEDGE},
		{FAULT_ARBITRATION_LOSS, ERROR_ARBITRATION_LOST},
		{FAULT_TIMEOUT, ERROR_TIMEOUT},
		{FAULT_STUCK_BUS, ERROR_BUS},
	};
	struct fixture *f = *state;
	uint8_t id = 0xd0, value;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->bme280.chip.faults.count = 0;
		add_fault(f, cases[i].kind);
		assert_int_equal(transfer(f, &id, 1, &value, 1), cases[i].code);
	}
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(read_one(f, id), 0x60);
}

static void test_faults_of_the_registers(void **state)
{
	struct fixture *f = *state;
	uint8_t sound = read_one(f, 0x88);

	add_fault(f, FAULT_WRONG_ID);
	assert_int_equal(read_one(f, 0xd0), 0x58);
	add_fault(f, FAULT_RANDOM_CALIBRATION);
	assert_int_equal(read_one(f, 0x88), read_one(f, 0x88)); /* random, not changing */
	assert_int_not_equal(read_one(f, 0x88), sound);
	assert_int_equal(read_one(f, 0xf4), 0);
	add_fault(f, FAULT_ALL_ONES);
	assert_int_equal(read_one(f, 0xf4), 0xff);
	add_fault(f, FAULT_ALL_ZEROS);
	assert_int_equal(read_one(f, 0xd0), 0x00);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(read_one(f, 0xd0), 0x60);
	assert_int_equal(read_one(f, 0x88), sound);
}

static void test_loses_its_settings_without_power(void **state)
{
	struct fixture *f = *state;
	uint8_t value;

	add_fault(f, FAULT_UNPLUGGED);
	f->bme280.chip.faults.faults[0].start_ns = SECOND;
	WRITE(f, 0xf2, 0x03);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(transfer(f, (const uint8_t[]){0xf2}, 1, &value, 1), ERROR_NO_ACKNOWLEDGE);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(read_one(f, 0xf2), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_identity_and_reset),
		TEST(test_forced_mode),
		TEST(test_normal_mode),
		TEST(test_what_is_switched_off),
		TEST(test_faults_of_the_wires),
		TEST(test_faults_of_the_registers),
		TEST(test_loses_its_settings_without_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
