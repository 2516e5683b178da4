#include "simulation/chip/bme680.h"

#include "bme680_formulas.h"
#include "fixture.h"

#define ADDRESS 0x76
#define FIELD_SIZE 17

struct fixture {
	struct bench bench;
	struct bme680_model bme680;
};

static int set_up_variant(void **state, bool variant_high)
{
	static struct fixture f;

	bench_init(&f.bench);
	f.bench.climate = (struct climate){
		.temperature = 21.5, .humidity = 47, .pressure = 101325, .gas_resistance = 123456};
	bme680_model_init(&f.bme680, NULL, variant_high, &f.bench.clock.base, &f.bench.source);
	assert_int_equal(sim_attach_i2c(f.bench.backend, 1, ADDRESS, &f.bme680.chip.device, NULL),
			 0);
	*state = &f;
	return 0;
}

static int set_up(void **state)
{
	return set_up_variant(state, false);
}

static int set_up_high(void **state)
{
	return set_up_variant(state, true);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bench_finish(&f->bench);
	bme680_model_finish(&f->bme680);
	return 0;
}

static void write_pairs(struct fixture *f, const uint8_t *pairs, size_t size)
{
	assert_int_equal(i2c_bus_write_read(f->bench.i2c, ADDRESS, pairs, size, NULL, 0, NULL), 0);
}

#define WRITE(f, ...)                                                                              \
	write_pairs(f, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void read_registers(struct fixture *f, uint8_t first, uint8_t *ret_data, size_t size)
{
	assert_int_equal(i2c_bus_write_read(f->bench.i2c, ADDRESS, &first, 1, ret_data, size, NULL),
			 0);
}

static uint8_t read_one(struct fixture *f, uint8_t address)
{
	uint8_t value = 0;

	read_registers(f, address, &value, 1);
	return value;
}

/* Where the words are in the field from 0x1d on. */
static double pressure_word(const uint8_t *field)
{
	return field[2] << 12 | field[3] << 4 | field[4] >> 4;
}

static double temperature_word(const uint8_t *field)
{
	return field[5] << 12 | field[6] << 4 | field[7] >> 4;
}

static double humidity_word(const uint8_t *field)
{
	return field[8] << 8 | field[9];
}

static void assert_climate(const uint8_t *field, const struct climate *climate)
{
	double fine = formula_fine(temperature_word(field));

	assert_near(formula_celsius(temperature_word(field)), climate->temperature, 0.005);
	assert_near(formula_pascal(pressure_word(field), fine), climate->pressure, 2);
	assert_near(formula_percent(humidity_word(field), fine), climate->humidity, 0.01);
}

static void test_identity(void **state)
{
	struct fixture *f = *state;
	uint8_t data[6];

	assert_int_equal(read_one(f, 0xd0), 0x61);
	assert_int_equal(read_one(f, 0xf0), 0);
	WRITE(f, 0xd0, 0x12); /* read-only */
	assert_int_equal(read_one(f, 0xd0), 0x61);
	/* Reads count up, past the end to the beginning. */
	read_registers(f, 0xfd, data, 6);
	assert_int_equal(data[3], 48);
	/* Without a new register they go on. */
	assert_int_equal(i2c_bus_write_read(f->bench.i2c, ADDRESS, NULL, 0, data, 1, NULL), 0);
	assert_int_equal(f->bme680.pointer, 4);
}

static void test_interleaved_write(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x72, 0x02, 0x75, 0x0c, 0x64, 0x59, 0x5a, 106);
	assert_int_equal(read_one(f, 0x72), 0x02);
	assert_int_equal(read_one(f, 0x75), 0x0c);
	assert_int_equal(read_one(f, 0x64), 0x59);
	assert_int_equal(read_one(f, 0x5a), 106);
	assert_int_equal(read_one(f, 0x73), 0);
}

/* osr T 8, P 4, H 2 without gas: 14 cycles of 1963 us and 4 switches of 477 us. */
static void test_measuring_time(void **state)
{
	struct fixture *f = *state;
	const uint64_t duration = (14 * 1963 + 4 * 477) * 1000;
	uint8_t field[FIELD_SIZE];

	WRITE(f, 0x72, 0x02, 0x74, 4 << 5 | 3 << 2 | 1);
	assert_int_equal(read_one(f, 0x1d), 0x20);
	clock_manual_advance_ns(&f->bench.clock, duration - 1);
	assert_int_equal(read_one(f, 0x1d), 0x20);
	assert_int_equal(read_one(f, 0x74) & 3, 1);
	clock_manual_advance_ns(&f->bench.clock, 1);
	read_registers(f, 0x1d, field, FIELD_SIZE);
	assert_int_equal(field[0], 0x80);
	assert_int_equal(read_one(f, 0x74), 4 << 5 | 3 << 2);
	assert_climate(field, &f->bench.climate);
	assert_int_equal(field[14] & 0x30, 0); /* no gas */
	/* It sleeps: a change of the climate is not seen until the next time. */
	f->bench.climate.temperature = 30;
	assert_int_equal(read_one(f, 0x1e), 1);
	read_registers(f, 0x1d, field, FIELD_SIZE);
	assert_near(formula_celsius(temperature_word(field)), 21.5, 0.005);
}

static void start_gas(struct fixture *f, uint8_t run, uint8_t heater_code, uint8_t gas_wait)
{
	WRITE(f, 0x72, 0x01, 0x5a, heater_code, 0x64, gas_wait, 0x71, run);
	WRITE(f, 0x74, 1 << 5 | 1 << 2 | 1);
}

static void test_gas(void **state)
{
	struct fixture *f = *state;
	uint8_t field[FIELD_SIZE];

	start_gas(f, 0x10, 106, 0x65); /* 150 is 37 * 4: 148 ms */
	clock_manual_advance_ns(&f->bench.clock, 10 * MS);
	assert_int_equal(read_one(f, 0x1d), 0x60); /* now the gas phase */
	clock_manual_advance_ns(&f->bench.clock, 149 * MS);
	read_registers(f, 0x1d, field, FIELD_SIZE);
	assert_int_equal(field[0], 0x80);
	assert_climate(field, &f->bench.climate);
	assert_int_equal(field[14] & 0x30, 0x30); /* valid, stable */
	assert_near(formula_gas_low(field[13] << 2 | field[14] >> 6, field[14] & 0xf), 123456, 150);
}

static void test_gas_of_the_high_variant(void **state)
{
	struct fixture *f = *state;
	uint8_t field[FIELD_SIZE];

	assert_int_equal(read_one(f, 0xf0), 1);
	start_gas(f, 0x20, 106, 0x65);
	clock_manual_advance_ns(&f->bench.clock, 200 * MS);
	read_registers(f, 0x1d, field, FIELD_SIZE);
	assert_int_equal(field[14], 0);
	assert_int_equal(field[16] & 0x30, 0x30);
	assert_near(formula_gas_high(field[15] << 2 | field[16] >> 6, field[16] & 0xf), 123456,
		    150);
}

static void assert_unstable(struct fixture *f)
{
	uint8_t field[FIELD_SIZE];

	clock_manual_advance_ns(&f->bench.clock, 200 * MS);
	read_registers(f, 0x1d, field, FIELD_SIZE);
	assert_int_equal(field[14] & 0x30, 0x20);
}

static void test_heater_not_stable(void **state)
{
	struct fixture *f = *state;

	start_gas(f, 0x10, 106, 19); /* ms: too short */
	assert_unstable(f);
	start_gas(f, 0x10, 0, 0x65); /* no current */
	assert_unstable(f);
	WRITE(f, 0x70, 0x08); /* switched off */
	start_gas(f, 0x10, 106, 0x65);
	assert_unstable(f);
}

static void test_oversampling(void **state)
{
	struct fixture *f = *state;
	uint8_t field[FIELD_SIZE];

	WRITE(f, 0x74, 1 << 5 | 2 << 2 | 1); /* 16 and 17 bits, humidity skipped */
	clock_manual_advance_ns(&f->bench.clock, 20 * MS);
	read_registers(f, 0x1d, field, FIELD_SIZE);
	assert_int_equal((int)temperature_word(field) & 0xf, 0);
	assert_int_equal((int)pressure_word(field) & 0x7, 0);
	assert_int_equal((int)humidity_word(field), 0x8000);
	WRITE(f, 0x72, 0x05, 0x74, 0x01); /* temperature and pressure skipped */
	clock_manual_advance_ns(&f->bench.clock, 40 * MS);
	read_registers(f, 0x1d, field, FIELD_SIZE);
	assert_int_equal((int)temperature_word(field), 0x80000);
	assert_int_equal((int)pressure_word(field), 0x80000);
}

static void test_soft_reset(void **state)
{
	struct fixture *f = *state;
	const uint8_t reset[] = {0xe0, 0xb6};
	uint8_t id;

	WRITE(f, 0x72, 0x05);
	WRITE(f, 0xe0, 0x01); /* not the word */
	assert_int_equal(read_one(f, 0x72), 0x05);
	write_pairs(f, reset, sizeof(reset));
	clock_manual_advance_ns(&f->bench.clock, 2 * MS - 1);
	assert_int_equal(
		i2c_bus_write_read(f->bench.i2c, ADDRESS, (uint8_t[]){0xd0}, 1, &id, 1, NULL),
		ERROR_NO_ACKNOWLEDGE);
	clock_manual_advance_ns(&f->bench.clock, 1);
	assert_int_equal(read_one(f, 0x72), 0);
	assert_int_equal(read_one(f, 0xd0), 0x61);
}

static void test_modes_that_are_not_there(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x74, 0x02);
	assert_int_equal(read_one(f, 0x74), 0);
	WRITE(f, 0x74, 0x03);
	assert_int_equal(read_one(f, 0x1d), 0);
}

static void add_fault(struct fixture *f, enum fault_kind kind)
{
	struct fault fault = {kind, SECOND, SECOND, 0};

	assert_int_equal(
		fault_schedule_add(&f->bme680.chip.faults, "bme680", CHIP_FAULTS, &fault, NULL), 0);
}

static int probe(struct fixture *f)
{
	uint8_t id;

	return i2c_bus_write_read(f->bench.i2c, ADDRESS, (uint8_t[]){0xd0}, 1, &id, 1, NULL);
}

static void check_fault(struct fixture *f, enum fault_kind kind, int code, uint8_t kept)
{
	add_fault(f, kind);
	WRITE(f, 0x72, 0x05);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(probe(f), code);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(probe(f), 0);
	assert_int_equal(read_one(f, 0x72), kept);
}

static void test_no_acknowledge(void **state)
{
	check_fault(*state, FAULT_NO_ACKNOWLEDGE, ERROR_NO_ACKNOWLEDGE, 0x05);
}

static void test_stuck_bus(void **state)
{
	check_fault(*state, FAULT_STUCK_BUS, ERROR_BUS, 0x05);
}

static void test_unplugged(void **state)
{
	check_fault(*state, FAULT_UNPLUGGED, ERROR_NO_ACKNOWLEDGE, 0);
}

/* Nobody asked while it was away: it has forgotten all the same. */
static void test_unplugged_unseen(void **state)
{
	struct fixture *f = *state;

	add_fault(f, FAULT_UNPLUGGED);
	WRITE(f, 0x72, 0x05);
	clock_manual_advance_ns(&f->bench.clock, 3 * SECOND);
	assert_int_equal(read_one(f, 0x72), 0);
	WRITE(f, 0x72, 0x05);
	assert_int_equal(read_one(f, 0x72), 0x05); /* once only */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_identity, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_interleaved_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_measuring_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gas, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gas_of_the_high_variant, set_up_high,
						tear_down),
		cmocka_unit_test_setup_teardown(test_heater_not_stable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_oversampling, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_soft_reset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_modes_that_are_not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_acknowledge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stuck_bus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged_unseen, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
