#include "simulation/chip/ssd1306.h"

#include "fixture.h"

#define ADDRESS 0x3c

struct fixture {
	struct bench bench;
	struct ssd1306_model ssd1306;
	struct ssd1306_picture picture;
};

static int set_up(void **state)
{
	static struct fixture f;

	bench_init(&f.bench);
	ssd1306_model_init(&f.ssd1306, &f.bench.clock.base);
	assert_int_equal(sim_attach_i2c(f.bench.backend, 1, ADDRESS, &f.ssd1306.chip.device, NULL),
			 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bench_finish(&f->bench);
	ssd1306_model_finish(&f->ssd1306);
	return 0;
}

static void write_bytes(struct fixture *f, const uint8_t *data, size_t size)
{
	assert_int_equal(i2c_bus_write_read(f->bench.i2c, ADDRESS, data, size, NULL, 0, NULL), 0);
}

#define WRITE(f, ...)                                                                              \
	write_bytes(f, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static const struct ssd1306_picture *look(struct fixture *f)
{
	ssd1306_model_look(&f->ssd1306, &f->picture);
	return &f->picture;
}

static uint8_t pixel_byte(struct fixture *f, unsigned page, unsigned column)
{
	return look(f)->memory[page * 128 + column];
}

static void test_power_on(void **state)
{
	struct fixture *f = *state;
	const uint8_t dark[SSD1306_MEMORY_SIZE] = {0};

	assert_false(look(f)->on);
	assert_false(f->picture.inverted);
	assert_int_equal(f->picture.contrast, 0x7f);
	assert_memory_equal(f->picture.memory, dark, sizeof(dark));
}

/* The usual start, in one message. */
static void test_start(void **state)
{
	struct fixture *f = *state;
	uint8_t status;

	WRITE(f, 0x00, 0xae, 0xd5, 0x80, 0xa8, 0x3f, 0xd3, 0x00, 0x40, 0x8d, 0x14, 0x20, 0x00, 0xa1,
	      0xc8, 0xda, 0x12, 0x81, 0xcf, 0xd9, 0xf1, 0xdb, 0x40, 0xa4, 0xa6, 0x2e, 0xaf);
	assert_true(look(f)->on);
	assert_true(f->picture.charge_pump);
	assert_int_equal(f->picture.contrast, 0xcf);
	assert_int_equal(f->ssd1306.addressing, 0);
	WRITE(f, 0x00, 0xa7, 0xae);
	assert_true(look(f)->inverted);
	assert_false(f->picture.on);
	assert_int_equal(i2c_bus_write_read(f->bench.i2c, ADDRESS, NULL, 0, &status, 1, NULL), 0);
	assert_int_equal(status, 0x40);
}

/* A whole frame as Adafruit's library sends it, with 0xff as the last page. */
static void test_horizontal_frame(void **state)
{
	struct fixture *f = *state;
	uint8_t data[1 + SSD1306_MEMORY_SIZE];

	data[0] = 0x40;
	for (unsigned i = 0; i < SSD1306_MEMORY_SIZE; i++)
		data[1 + i] = (uint8_t)(i * 7 + i / 128);
	WRITE(f, 0x00, 0x20, 0x00, 0x22, 0x00, 0xff, 0x21, 0x00, 0x7f);
	write_bytes(f, data, sizeof(data));
	assert_memory_equal(look(f)->memory, data + 1, SSD1306_MEMORY_SIZE);
	WRITE(f, 0x40, 0xaa); /* round again */
	assert_int_equal(pixel_byte(f, 0, 0), 0xaa);
}

static void test_horizontal_window(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x00, 0x20, 0x00, 0x21, 126, 0xff, 0x22, 6, 0xff);
	WRITE(f, 0x40, 1, 2, 3, 4, 5);
	assert_int_equal(pixel_byte(f, 6, 126), 5);
	assert_int_equal(pixel_byte(f, 6, 127), 2);
	assert_int_equal(pixel_byte(f, 7, 126), 3);
	assert_int_equal(pixel_byte(f, 7, 127), 4);
}

static void test_vertical_window(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x00, 0x20, 0x01, 0x21, 10, 11, 0x22, 2, 3);
	WRITE(f, 0x40, 1, 2, 3, 4, 5);
	assert_int_equal(pixel_byte(f, 2, 10), 5);
	assert_int_equal(pixel_byte(f, 3, 10), 2);
	assert_int_equal(pixel_byte(f, 2, 11), 3);
	assert_int_equal(pixel_byte(f, 3, 11), 4);
}

/* The mode after power-on: a line ends where it began, on the same page. */
static void test_page_mode(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x00, 0xb5, 0x0e, 0x17);
	WRITE(f, 0x40, 1, 2, 3);
	assert_int_equal(pixel_byte(f, 5, 126), 1);
	assert_int_equal(pixel_byte(f, 5, 127), 2);
	assert_int_equal(pixel_byte(f, 5, 0), 3);
	assert_int_equal(pixel_byte(f, 6, 0), 0);
}

/* An argument in a message of its own; control bytes for one byte each. */
static void test_pieces(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x00, 0x81);
	WRITE(f, 0x00, 0xaf);
	assert_int_equal(look(f)->contrast, 0xaf);
	assert_false(f->picture.on);
	WRITE(f, 0x80, 0xaf, 0xc0, 0x55, 0x40, 0x66);
	assert_true(look(f)->on);
	assert_int_equal(pixel_byte(f, 0, 0), 0x55);
	assert_int_equal(pixel_byte(f, 0, 1), 0x66);
	WRITE(f, 0x80);
	WRITE(f, 0x00);
}

/* Each scroll command with its arguments: 0xaf among them does not switch on. */
static void test_arguments_are_no_commands(void **state)
{
	struct fixture *f = *state;

	WRITE(f, 0x00, 0x26, 0xaf, 0xaf, 0xaf, 0xaf, 0xaf, 0xaf);
	WRITE(f, 0x00, 0x29, 0xaf, 0xaf, 0xaf, 0xaf, 0xaf);
	WRITE(f, 0x00, 0xa3, 0xaf, 0xaf);
	assert_false(look(f)->on);
	WRITE(f, 0x00, 0xaf);
	assert_true(look(f)->on);
}

static void test_unplugged(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {FAULT_UNPLUGGED, SECOND, SECOND, 0};

	assert_int_equal(
		fault_schedule_add(&f->ssd1306.chip.faults, "ssd1306", CHIP_FAULTS, &fault, NULL),
		0);
	WRITE(f, 0x00, 0xaf);
	WRITE(f, 0x40, 0xff);
	assert_int_equal(pixel_byte(f, 0, 0), 0xff);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_false(look(f)->on); /* who looks sees it at once */
	assert_int_equal(pixel_byte(f, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_power_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_horizontal_frame, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_horizontal_window, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vertical_window, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_page_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_arguments_are_no_commands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
