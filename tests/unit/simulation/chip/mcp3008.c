#include "simulation/chip/mcp3008.h"

#include "fixture.h"
#include "hardware/bus/backend.h"

struct fixture {
	struct bench bench;
	struct mcp3008_model mcp3008;
	struct spi_device *spi;
};

static int set_up(void **state)
{
	static struct fixture f;

	bench_init(&f.bench);
	f.bench.climate = (struct climate){
		.temperature = 25, .humidity = 50, .pressure = 100000, .light = 200};
	mcp3008_model_init(&f.mcp3008, &f.bench.clock.base, &f.bench.source);
	assert_int_equal(sim_attach_spi(f.bench.backend, "spi0.1", &f.mcp3008.device, NULL), 0);
	assert_int_equal(backend_open_spi(f.bench.backend, "spi0.1", 0, 1000000, &f.spi, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	spi_device_close(f->spi);
	bench_finish(&f->bench);
	return 0;
}

/* As its data sheet shows it for microcontrollers (figure 6-1): all of the second byte. */
static unsigned ask(struct fixture *f, unsigned configuration)
{
	const uint8_t out[3] = {1, (uint8_t)(configuration << 4), 0};
	uint8_t in[3] = {0};

	assert_int_equal(spi_device_transfer(f->spi, out, in, 3, NULL), 0);
	return (in[1] & 7u) << 8 | in[2];
}

static void test_channels(void **state)
{
	static const double volts[8] = {0.75, 0.5, 1.5, 2, 1.65, 0.825, 0.825, 0.825};
	struct fixture *f = *state;

	for (unsigned channel = 0; channel < 8; channel++)
		assert_near(ask(f, 8 | channel), volts[channel] / 3.3 * 1024, 1);
}

static void test_pairs(void **state)
{
	struct fixture *f = *state;

	assert_near(ask(f, 0), 0.25 / 3.3 * 1024, 1); /* 0 against 1 */
	assert_int_equal(ask(f, 1), 0);		      /* 1 against 0: below 0 */
	assert_int_equal(ask(f, 5), 0);
	assert_near(ask(f, 4), 0.825 / 3.3 * 1024, 1);
}

static void test_ends_of_the_range(void **state)
{
	struct fixture *f = *state;

	f->bench.climate.light = 1e6;
	assert_int_equal(ask(f, 9), 1023);
	f->bench.climate.temperature = -60;
	assert_int_equal(ask(f, 8), 0);
}

/* A start bit anywhere; behind the word it comes again from its lowest bit. */
static void test_bits(void **state)
{
	const uint8_t out[5] = {0x1c}; /* 00011100: start, single, channel 4 */
	struct fixture *f = *state;
	uint8_t in[5];
	unsigned word = 512;

	assert_int_equal(spi_device_transfer(f->spi, out, in, 5, NULL), 0);
	/* Start at bit 3, four bits, one to sample, the null bit at 9, the word from 10 to 19. */
	assert_int_equal((in[1] & 0x3f) << 4 | in[2] >> 4, word);
	/* Bits 1 to 9 from 20 on. */
	for (unsigned bit = 1; bit < 10; bit++)
		assert_int_equal(in[(19 + bit) / 8] >> (7 - (19 + bit) % 8) & 1, word >> bit & 1);
	memset(in, 0xee, sizeof(in));
	assert_int_equal(spi_device_transfer(f->spi, (const uint8_t[5]){0}, in, 5, NULL), 0);
	assert_memory_equal(in, ((const uint8_t[5]){0}), 5);
}

static void test_wrong_mode(void **state)
{
	struct fixture *f = *state;
	struct spi_device *spi;
	uint8_t in[3];

	assert_int_equal(backend_open_spi(f->bench.backend, "spi0.1", 1, 1000000, &spi, NULL), 0);
	assert_int_equal(spi_device_transfer(spi, (const uint8_t[]){1, 0xc0, 0}, in, 3, NULL), 0);
	assert_int_equal(in[1] | in[2], 0);
	spi_device_close(spi);
}

static void test_faults(void **state)
{
	static const struct {
		enum fault_kind kind;
		unsigned answer;
	} cases[] = {
		{FAULT_ALL_ONES, 0x7ff}, /* the null bit too */
		{FAULT_UNPLUGGED, 0x7ff},
		{FAULT_ALL_ZEROS, 0},
		{FAULT_IMPLAUSIBLE, 1023},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault fault = {.kind = cases[i].kind};

		f->mcp3008.faults.count = 0;
		assert_int_equal(fault_schedule_add(&f->mcp3008.faults, "mcp3008", MCP3008_FAULTS,
						    &fault, NULL),
				 0);
		assert_int_equal(ask(f, 8), cases[i].answer);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_channels), TEST(test_pairs),	    TEST(test_ends_of_the_range),
		TEST(test_bits),     TEST(test_wrong_mode), TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
