/* Inside tests/kernel: files. */
#ifndef TESTS_KERNEL_INTERNAL_H
#define TESTS_KERNEL_INTERNAL_H

#include <linux/gpio.h>
#include <pthread.h>
#include <stdatomic.h>

#include "hardware/bus/backend.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/bus/spi.h"
#include "kernel.h"

#define LINES_MAX 64

enum kernel_kind { KERNEL_I2C, KERNEL_SPI, KERNEL_CHIP, KERNEL_LINE };

struct kernel_file {
	struct kernel *kernel;
	enum kernel_kind kind;
	uint64_t inode;
	int end; /* of the pipe: to write to */
	struct kernel_file *next;
	struct {
		struct i2c_bus *bus;
		uint16_t address; /* I2C_SLAVE */
	} i2c;
	struct {
		char name[32];
		uint8_t mode, bits;
		uint32_t speed_hz;
	} spi;
	struct {
		struct gpio_line *line; /* of the simulated chip */
		struct gpio_line_config config;
		unsigned buffer_size; /* edges */
		unsigned offset;
		pthread_t pump; /* takes edges from the line to the pipe */
		bool is_pumping;
		_Atomic bool is_ending;
	} line;
};

struct kernel {
	struct backend *backend; /* borrowed */
	struct kernel_options options;
	pthread_mutex_t lock; /* of all that follows */
	struct gpio_chip *chip;
	struct kernel_file *files;
	struct kernel_counters counters; /* but for `edges` */
	_Atomic uint64_t edges;
	bool held_addresses[128];
	struct {
		char consumer[GPIO_MAX_NAME_SIZE]; /* "": nobody of the kernel */
		bool is_interrupt;
	} held_lines[LINES_MAX];
	unsigned long failing; /* a request; 0: none */
	int failure;
};

/* A new file and the descriptor to hand out, or a negative errno. */
int kernel_file_create(struct kernel *kernel, enum kernel_kind kind, struct kernel_file **ret_file);
void kernel_file_destroy(struct kernel *kernel, struct kernel_file *file);

/* The errno that Linux' drivers have for an error code of ours. */
int kernel_errno(const struct kernel *kernel, int code);

int kernel_i2c_open(struct kernel *kernel, unsigned number);
int kernel_i2c_ioctl(struct kernel *kernel, struct kernel_file *file,
		     const struct kernel_process *process, unsigned long request,
		     uint64_t argument);

int kernel_spi_open(struct kernel *kernel, const char *name);
int kernel_spi_ioctl(struct kernel *kernel, struct kernel_file *file,
		     const struct kernel_process *process, unsigned long request,
		     uint64_t argument);

int kernel_chip_ioctl(struct kernel *kernel, const struct kernel_process *process,
		      unsigned long request, uint64_t argument);
int kernel_line_ioctl(struct kernel *kernel, struct kernel_file *file,
		      const struct kernel_process *process, unsigned long request,
		      uint64_t argument);
void kernel_line_finish(struct kernel_file *file);

/* Edges, from the line's to the pipe, until kernel_edges_stop(). */
int kernel_edges_start(struct kernel_file *file);
void kernel_edges_stop(struct kernel_file *file);

#endif
