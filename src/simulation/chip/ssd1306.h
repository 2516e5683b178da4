/*
 * Simulated SSD1306 display, 128x64: its memory and the three ways to address it, on and off,
 * inversion, contrast. It accepts the commands for scrolling and for the mapping of rows and
 * columns, which have no effect on the memory.
 */
#ifndef HARVESTER_SIMULATION_CHIP_SSD1306_H
#define HARVESTER_SIMULATION_CHIP_SSD1306_H

#include "simulation/chip/chip.h"

#define SSD1306_WIDTH 128
#define SSD1306_PAGES 8
#define SSD1306_MEMORY_SIZE (SSD1306_WIDTH * SSD1306_PAGES)
#define SSD1306_ARGUMENTS_MAX 6 /* bytes, of one command */

struct ssd1306_window {
	uint8_t first;
	uint8_t last;
};

/* What the display shows. */
struct ssd1306_picture {
	bool on;
	bool charge_pump; /* if off, a module without its own supply stays dark */
	bool inverted;
	uint8_t contrast;
	/* Page by page, 8 rows each; a byte is 8 pixels of a column, bit 0 the uppermost. */
	uint8_t memory[SSD1306_MEMORY_SIZE];
};

struct ssd1306_model {
	struct chip chip;
	/* Under the chip's lock. */
	struct ssd1306_picture picture;
	unsigned addressing; /* the data sheet's 0 horizontal, 1 vertical, 2 page */
	struct ssd1306_window columns;
	struct ssd1306_window pages;
	uint8_t column;
	uint8_t page;
	uint8_t command; /* waits for arguments, which may come in a later message */
	unsigned arguments_wanted;
	unsigned arguments_count;
	uint8_t arguments[SSD1306_ARGUMENTS_MAX];
};

/* The caller attaches ssd1306.chip.device. */
void ssd1306_model_init(struct ssd1306_model *ssd1306, struct clock *clock);
void ssd1306_model_finish(struct ssd1306_model *ssd1306);

/* Copy what it shows. Any thread. */
void ssd1306_model_look(struct ssd1306_model *ssd1306, struct ssd1306_picture *ret_picture);

#endif
