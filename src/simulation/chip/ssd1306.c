#include "simulation/chip/ssd1306.h"

#include <string.h>

/* Bits of the control byte before commands or data (data sheet, 8.1.5.2). */
#define CONTROL_ONE_BYTE 0x80 /* only one byte follows, then another control byte */
#define CONTROL_DATA 0x40

/* Commands (data sheet, 9). */
#define COLUMN_LOW 0x00
#define COLUMN_HIGH 0x10
#define ADDRESSING 0x20
#define COLUMNS 0x21
#define PAGES 0x22
#define CONTRAST 0x81
#define CHARGE_PUMP 0x8d
#define CHARGE_PUMP_ON 0x04
#define NORMAL 0xa6
#define INVERTED 0xa7
#define DISPLAY_OFF 0xae
#define DISPLAY_ON 0xaf
#define PAGE_START 0xb0

#define STATUS_OFF 0x40
#define CONTRAST_DEFAULT 0x7f
#define COLUMN_MASK (SSD1306_WIDTH - 1)
#define PAGE_MASK (SSD1306_PAGES - 1)

enum addressing { HORIZONTAL, VERTICAL, PAGE };

static void power_on(struct ssd1306_model *ssd1306)
{
	memset(&ssd1306->picture, 0, sizeof(ssd1306->picture));
	ssd1306->picture.contrast = CONTRAST_DEFAULT;
	ssd1306->addressing = PAGE;
	ssd1306->columns = (struct ssd1306_window){0, COLUMN_MASK};
	ssd1306->pages = (struct ssd1306_window){0, PAGE_MASK};
	ssd1306->column = 0;
	ssd1306->page = 0;
	ssd1306->arguments_wanted = 0;
}

static unsigned count_arguments(uint8_t command)
{
	switch (command) {
	case ADDRESSING:
	case CONTRAST:
	case CHARGE_PUMP:
	case 0xa8: /* multiplex ratio */
	case 0xd3: /* offset */
	case 0xd5: /* clock */
	case 0xd9: /* pre-charge */
	case 0xda: /* pins */
	case 0xdb: /* deselect level */
		return 1;
	case COLUMNS:
	case PAGES:
	case 0xa3: /* scroll area */
		return 2;
	case 0x29: /* scroll both ways */
	case 0x2a:
		return 5;
	case 0x26: /* scroll sideways */
	case 0x27:
		return 6;
	default:
		return 0;
	}
}

/* Advance within the window. True if it wrapped around. */
static bool step(uint8_t *position, const struct ssd1306_window *window, unsigned mask)
{
	bool wraps = *position == window->last;

	*position = wraps ? window->first : (uint8_t)((*position + 1u) & mask);
	return wraps;
}

static void take_data(struct ssd1306_model *ssd1306, uint8_t byte)
{
	ssd1306->picture.memory[ssd1306->page * SSD1306_WIDTH + ssd1306->column] = byte;
	switch (ssd1306->addressing) {
	case HORIZONTAL:
		if (step(&ssd1306->column, &ssd1306->columns, COLUMN_MASK))
			step(&ssd1306->page, &ssd1306->pages, PAGE_MASK);
		break;
	case VERTICAL:
		if (step(&ssd1306->page, &ssd1306->pages, PAGE_MASK))
			step(&ssd1306->column, &ssd1306->columns, COLUMN_MASK);
		break;
	default: /* page addressing: the page stays, the windows are ignored */
		ssd1306->column = (uint8_t)((ssd1306->column + 1u) & COLUMN_MASK);
	}
}

static void execute(struct ssd1306_model *ssd1306)
{
	const uint8_t *arguments = ssd1306->arguments;

	switch (ssd1306->command) {
	case ADDRESSING:
		ssd1306->addressing = arguments[0] & 3;
		break;
	case COLUMNS:
		ssd1306->columns = (struct ssd1306_window){arguments[0] & COLUMN_MASK,
							   arguments[1] & COLUMN_MASK};
		ssd1306->column = ssd1306->columns.first;
		break;
	case PAGES: /* only three bits count: some drivers send 0xff as the last page */
		ssd1306->pages =
			(struct ssd1306_window){arguments[0] & PAGE_MASK, arguments[1] & PAGE_MASK};
		ssd1306->page = ssd1306->pages.first;
		break;
	case CONTRAST:
		ssd1306->picture.contrast = arguments[0];
		break;
	case CHARGE_PUMP:
		ssd1306->picture.charge_pump = arguments[0] & CHARGE_PUMP_ON;
		break;
	case NORMAL:
	case INVERTED:
		ssd1306->picture.inverted = ssd1306->command == INVERTED;
		break;
	case DISPLAY_OFF:
	case DISPLAY_ON:
		ssd1306->picture.on = ssd1306->command == DISPLAY_ON;
		break;
	default:
		break;
	}
}

/* The commands of page addressing contain their argument. True if `command` was one. */
static bool set_position(struct ssd1306_model *ssd1306, uint8_t command)
{
	uint8_t low = command & 0x0f;

	if ((command & 0xf0) == COLUMN_LOW)
		ssd1306->column = (uint8_t)((ssd1306->column & 0x70) | low);
	else if ((command & 0xf0) == COLUMN_HIGH)
		ssd1306->column = (uint8_t)((low << 4 & 0x70) | (ssd1306->column & 0x0f));
	else if ((command & 0xf8) == PAGE_START)
		ssd1306->page = command & PAGE_MASK;
	else
		return false;
	return true;
}

static void take_command(struct ssd1306_model *ssd1306, uint8_t byte)
{
	if (ssd1306->arguments_wanted > 0) {
		ssd1306->arguments[ssd1306->arguments_count++] = byte;
		if (ssd1306->arguments_count < ssd1306->arguments_wanted)
			return;
		ssd1306->arguments_wanted = 0;
		execute(ssd1306);
		return;
	}
	if (set_position(ssd1306, byte))
		return;
	ssd1306->command = byte;
	ssd1306->arguments_count = 0;
	ssd1306->arguments_wanted = count_arguments(byte);
	if (ssd1306->arguments_wanted == 0)
		execute(ssd1306);
}

static void take_byte(struct ssd1306_model *ssd1306, uint8_t control, uint8_t byte)
{
	if (control & CONTROL_DATA)
		take_data(ssd1306, byte);
	else
		take_command(ssd1306, byte);
}

/* Control bytes with one byte each, until one says that all further bytes are of its kind. */
static int write_message(struct sim_i2c_device *device, const uint8_t *data, size_t size)
{
	struct ssd1306_model *ssd1306 = (struct ssd1306_model *)device;
	size_t i = 0;

	pthread_mutex_lock(&ssd1306->chip.lock);
	while (i + 1 < size && data[i] & CONTROL_ONE_BYTE) {
		take_byte(ssd1306, data[i], data[i + 1]);
		i += 2;
	}
	for (size_t k = i + 1; k < size; k++)
		take_byte(ssd1306, data[i], data[k]);
	pthread_mutex_unlock(&ssd1306->chip.lock);
	return 0;
}

/* A read returns the status; over i2c the memory cannot be read. */
static int read_message(struct sim_i2c_device *device, uint8_t *ret_data, size_t size)
{
	struct ssd1306_model *ssd1306 = (struct ssd1306_model *)device;

	pthread_mutex_lock(&ssd1306->chip.lock);
	memset(ret_data, ssd1306->picture.on ? 0 : STATUS_OFF, size);
	pthread_mutex_unlock(&ssd1306->chip.lock);
	return 0;
}

/* With the lock held. */
static int check_power(struct ssd1306_model *ssd1306)
{
	bool lost;
	int rc = chip_start(&ssd1306->chip, &lost);

	if (lost)
		power_on(ssd1306);
	return rc;
}

static int start(struct sim_i2c_device *device, bool read)
{
	struct ssd1306_model *ssd1306 = (struct ssd1306_model *)device;
	int rc;

	(void)read;
	pthread_mutex_lock(&ssd1306->chip.lock);
	rc = check_power(ssd1306);
	pthread_mutex_unlock(&ssd1306->chip.lock);
	return rc;
}

void ssd1306_model_look(struct ssd1306_model *ssd1306, struct ssd1306_picture *ret_picture)
{
	pthread_mutex_lock(&ssd1306->chip.lock);
	(void)check_power(ssd1306);
	*ret_picture = ssd1306->picture;
	pthread_mutex_unlock(&ssd1306->chip.lock);
}

void ssd1306_model_init(struct ssd1306_model *ssd1306, struct clock *clock)
{
	static const struct sim_i2c_device_ops ops = {
		.start = start,
		.write = write_message,
		.read = read_message,
		.holds_bus = chip_holds_bus,
	};

	memset(ssd1306, 0, sizeof(*ssd1306));
	chip_init(&ssd1306->chip, &ops, clock);
	power_on(ssd1306);
}

void ssd1306_model_finish(struct ssd1306_model *ssd1306)
{
	chip_finish(&ssd1306->chip);
}
