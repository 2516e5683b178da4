#include "simulation/chip/pca9685.h"

#include "fixture.h"

struct fixture {
	struct bench bench;
	struct pca9685_model pca9685;
	struct pca9685_outputs outputs;
};

static int set_up(void **state)
{
	static struct fixture f;

	bench_init(&f.bench);
	pca9685_model_init(&f.pca9685, &f.bench.clock.base);
	assert_int_equal(sim_attach_i2c(f.bench.backend, 1, 0x40, &f.pca9685.chip.device, NULL), 0);
	assert_int_equal(sim_attach_i2c(f.bench.backend, 1, 0x70, &f.pca9685.all_call, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bench_finish(&f->bench);
	pca9685_model_finish(&f->pca9685);
	return 0;
}

static int transfer(struct fixture *f, uint16_t address, const uint8_t *out, size_t size,
		    uint8_t *in, size_t wanted)
{
	return i2c_bus_write_read(f->bench.i2c, address, out, size, in, wanted, NULL);
}

#define WRITE_TO(f, address, ...)                                                                  \
	transfer(f, address, (const uint8_t[]){__VA_ARGS__},                                       \
		 sizeof((const uint8_t[]){__VA_ARGS__}), NULL, 0)
#define WRITE(f, ...) assert_int_equal(WRITE_TO(f, 0x40, __VA_ARGS__), 0)

static uint8_t read_one(struct fixture *f, uint8_t address)
{
	uint8_t value = 0;

	assert_int_equal(transfer(f, 0x40, &address, 1, &value, 1), 0);
	return value;
}

static const struct pca9685_outputs *look(struct fixture *f)
{
	pca9685_model_look(&f->pca9685, &f->outputs);
	return &f->outputs;
}

static void test_power_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_one(f, 0x00), 0x11);
	assert_int_equal(read_one(f, 0x01), 0x04);
	assert_int_equal(read_one(f, 0x05), 0xe0);
	assert_int_equal(read_one(f, 0x09), 0x10);
	assert_int_equal(read_one(f, 0xfe), 0x1e);
	assert_false(look(f)->awake);
	assert_near(look(f)->frequency_hz, 196.9, 0.05);
	assert_near(look(f)->duty[15], 0, 0);
}

static void test_prescale_only_asleep(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0xfe, 121); /* data sheet, 7.3.5: 50 Hz */
	assert_near(look(f)->frequency_hz, 50.03, 0.01);
	WRITE(f, 0x00, 0x01);
	WRITE(f, 0xfe, 5);
	assert_int_equal(read_one(f, 0xfe), 121);
	WRITE(f, 0x00, 0x11);
	WRITE(f, 0xfe, 0);
	assert_int_equal(read_one(f, 0xfe), 3);
}

static void test_duty(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x00, 0x21);
	WRITE(f, 0x06, 0, 0, 0x00, 0x08);		 /* 0: half */
	WRITE(f, 0x0a, 0x00, 0x0c, 0x00, 0x04);		 /* 1: from 3072 round to 1024: half */
	WRITE(f, 0x0e, 0, 0x10, 0, 0, 0, 0x10, 0, 0x10); /* 2: on; 3: both, which is off */
	assert_near(look(f)->duty[0], 0.5, 0);
	assert_near(look(f)->duty[1], 0.5, 0);
	assert_near(look(f)->duty[2], 1, 0);
	assert_near(look(f)->duty[3], 0, 0);
	assert_near(look(f)->duty[4], 0, 0);
	WRITE(f, 0x01, 0x14); /* inverted */
	assert_near(look(f)->duty[2], 0, 0);
	assert_near(look(f)->duty[4], 1, 0);
	WRITE(f, 0x01, 0x04);
	WRITE(f, 0xfa, 0, 0, 0x00, 0x04); /* all */
	assert_near(look(f)->duty[15], 0.25, 0);
	assert_int_equal(read_one(f, 0xfd), 0);
}

static void test_auto_increment(void **state)
{
	struct fixture *f = *state;
	uint8_t data[4], first = 0x44;

	WRITE(f, 0x06, 1, 2, 3); /* off: each goes to the same register */
	assert_int_equal(read_one(f, 0x06), 3);
	assert_int_equal(read_one(f, 0x07), 0);
	WRITE(f, 0x00, 0x31);
	WRITE(f, 0x44, 7, 8, 0x31); /* past the last output, at the first register */
	assert_int_equal(transfer(f, 0x40, &first, 1, data, 4), 0);
	assert_int_equal(data[0], 7);
	assert_int_equal(data[1], 8);
	assert_int_equal(data[2], 0x31);
	assert_int_equal(data[3], 0x04);
}

static void test_sleep_and_restart(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x00, 0x21);
	WRITE(f, 0x06, 0, 0, 0x00, 0x08);
	WRITE(f, 0x00, 0x31); /* sleep while an output runs */
	assert_int_equal(read_one(f, 0x00), 0xb1);
	assert_near(look(f)->duty[0], 0, 0);
	WRITE(f, 0x00, 0x21); /* awake, the outputs are not restarted */
	assert_int_equal(read_one(f, 0x00), 0xa1);
	assert_near(look(f)->duty[0], 0, 0);
	WRITE(f, 0x00, 0xa1);
	assert_int_equal(read_one(f, 0x00), 0x21);
	assert_near(look(f)->duty[0], 0.5, 0);
}

static void test_all_call(void **state)
{
	struct fixture *f = *state;
	uint8_t value;

	assert_int_equal(WRITE_TO(f, 0x70, 0x00, 0x01), 0);
	assert_int_equal(WRITE_TO(f, 0x70, 0x07, 0x10), 0);
	assert_int_equal(WRITE_TO(f, 0x70, 0x09, 0x00), 0);
	assert_near(look(f)->duty[0], 1, 0);
	assert_int_equal(transfer(f, 0x70, NULL, 0, &value, 1), ERROR_NO_ACKNOWLEDGE);
	WRITE(f, 0x00, 0x00); /* it listens no more */
	assert_int_equal(WRITE_TO(f, 0x70, 0x00, 0x01), ERROR_NO_ACKNOWLEDGE);
}

static void test_faults(void **state)
{
	struct fault fault = {FAULT_UNPLUGGED, SECOND, SECOND, 0};
	struct fixture *f = *state;

	assert_int_equal(fault_schedule_add(&f->pca9685.chip.faults, "pca9685",
					    CHIP_REGISTER_FAULTS, &fault, NULL),
			 0);
	fault = (struct fault){FAULT_ALL_ONES, 3 * SECOND, SECOND, 0};
	assert_int_equal(fault_schedule_add(&f->pca9685.chip.faults, "pca9685",
					    CHIP_REGISTER_FAULTS, &fault, NULL),
			 0);
	WRITE(f, 0x00, 0x01);
	WRITE(f, 0xfa, 0);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(WRITE_TO(f, 0x40, 0x00), ERROR_NO_ACKNOWLEDGE);
	assert_int_equal(WRITE_TO(f, 0x70, 0x00), ERROR_NO_ACKNOWLEDGE);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_false(look(f)->awake); /* as after power-on */
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(read_one(f, 0x00), 0xff);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_power_on),	   TEST(test_prescale_only_asleep), TEST(test_duty),
		TEST(test_auto_increment), TEST(test_sleep_and_restart),    TEST(test_all_call),
		TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
