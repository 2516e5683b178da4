#include "simulation/chip/ds18b20.h"

#include "fixture.h"
#include "hardware/bus/backend.h"
#include "hardware/driver/w1.h"

#define NAME "28-0316a2794bff"

struct fixture {
	struct bench bench;
	struct ds18b20_model ds18b20;
	struct w1_bus *bus;
	char text[W1_TEXT_SIZE];
};

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	bench_init(&f.bench);
	f.bench.climate.temperature = 23.125;
	ds18b20_model_init(&f.ds18b20, &f.bench.clock.base, &f.bench.source);
	assert_int_equal(sim_attach_w1(f.bench.backend, NAME, &f.ds18b20.device, NULL), 0);
	assert_int_equal(backend_open_w1(f.bench.backend, "/nonexistent", &f.bus, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	w1_bus_close(f->bus);
	bench_finish(&f->bench);
	return 0;
}

static const char *read_text(struct fixture *f)
{
	assert_int_equal(w1_bus_read(f->bus, NAME, f->text, NULL), 0);
	return f->text;
}

static void test_text(void **state)
{
	struct fixture *f = *state;

	/* As a real chip's file. */
	assert_string_equal(read_text(f), "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n"
					  "72 01 4b 46 7f ff 0e 10 57 t=23125\n");
	f->bench.climate.temperature = -10.125; /* data sheet, table 1: 0xff5e */
	assert_memory_equal(read_text(f), "5e ff ", 6);
	assert_non_null(strstr(f->text, " t=-10125\n"));
	f->bench.climate.temperature = 1000;
	assert_non_null(strstr(read_text(f), " t=125000\n"));
}

static void test_faults(void **state)
{
	static const struct {
		enum fault_kind kind;
		int code;
	} cases[] = {
		{FAULT_UNPLUGGED, ERROR_NOT_FOUND},   {FAULT_CHECKSUM, ERROR_CHECKSUM},
		{FAULT_ALL_ZEROS, ERROR_IMPLAUSIBLE}, {FAULT_ALL_ONES, ERROR_CHECKSUM},
		{FAULT_TIMEOUT, ERROR_TIMEOUT},	      {FAULT_IMPLAUSIBLE, ERROR_IMPLAUSIBLE},
	};
	struct fixture *f = *state;
	double celsius = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault fault = {.kind = cases[i].kind};

		f->ds18b20.faults.count = 0;
		assert_int_equal(fault_schedule_add(&f->ds18b20.faults, "ds18b20", DS18B20_FAULTS,
						    &fault, NULL),
				 0);
		assert_int_equal(w1_read_temperature(f->bus, NAME, &celsius, NULL), cases[i].code);
	}
	f->ds18b20.faults.count = 0;
	assert_int_equal(w1_read_temperature(f->bus, NAME, &celsius, NULL), 0);
	assert_near(celsius, 23.125, 1e-9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text),
		TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
