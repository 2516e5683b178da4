/*
 * GPIO: lines of a chip, which a program can read, write and watch for edges (changes of level).
 *
 * A line is first requested from its chip, and held until it is released. A held line can change
 * its direction, bias, drive and edges in one operation. Releasing and requesting the line again
 * would take longer than a DHT22 waits. The interface follows version 2 of the kernel's gpio
 * character device. Use a line from one thread at a time.
 */
#ifndef HARVESTER_HARDWARE_BUS_GPIO_H
#define HARVESTER_HARDWARE_BUS_GPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum gpio_direction { GPIO_INPUT, GPIO_OUTPUT };
enum gpio_bias { GPIO_BIAS_AS_IS, GPIO_BIAS_PULL_UP, GPIO_BIAS_PULL_DOWN, GPIO_BIAS_DISABLED };
enum gpio_drive { GPIO_PUSH_PULL, GPIO_OPEN_DRAIN, GPIO_OPEN_SOURCE };
enum gpio_edges { GPIO_EDGES_NONE, GPIO_EDGES_RISING, GPIO_EDGES_FALLING, GPIO_EDGES_BOTH };

struct gpio_line_config {
	enum gpio_direction direction;
	enum gpio_bias bias;
	enum gpio_drive drive;
	enum gpio_edges edges; /* inputs only */
	bool active_low;       /* values are logical: true is the low level */
	bool value;	       /* outputs only: the value at the start */
	/* How many unread edges the kernel keeps; 0: 16. Only gpio_chip_request() uses this. */
	unsigned event_buffer_size;
};

struct gpio_edge {
	uint64_t timestamp_ns; /* CLOCK_MONOTONIC */
	uint32_t sequence;     /* counts the line's edges from 1; a gap: edges were lost */
	bool rising;	       /* of the physical level, even with active_low */
};

struct gpio_line;
struct gpio_chip;

struct gpio_line_ops {
	int (*get)(struct gpio_line *line, bool *ret_value, struct error *err);
	int (*set)(struct gpio_line *line, bool value, struct error *err);
	int (*configure)(struct gpio_line *line, const struct gpio_line_config *config,
			 struct error *err);
	int (*read_edges)(struct gpio_line *line, struct gpio_edge *ret_edges, size_t max,
			  uint64_t timeout_ns, size_t *ret_count, struct error *err);
	void (*release)(struct gpio_line *line);
};

struct gpio_chip_ops {
	int (*request)(struct gpio_chip *chip, unsigned offset,
		       const struct gpio_line_config *config, struct gpio_line **ret_line,
		       struct error *err);
	void (*close)(struct gpio_chip *chip);
};

/* The first members of an implementation's own structs. */
struct gpio_line {
	const struct gpio_line_ops *ops;
	unsigned offset;
	bool simulated;
};

struct gpio_chip {
	const struct gpio_chip_ops *ops;
	unsigned line_count;
	bool simulated;
};

/*
 * Request line `offset` of the chip. The caller owns *ret_line, and releases the line before
 * closing the chip.
 * - ERROR_INVALID: the chip has no such line, or the config contradicts itself.
 * - ERROR_BUSY: another program or plugin holds the line.
 * - ERROR_SYSTEM: the kernel refuses.
 * - ERROR_NO_MEMORY.
 */
int gpio_chip_request(struct gpio_chip *chip, unsigned offset,
		      const struct gpio_line_config *config, struct gpio_line **ret_line,
		      struct error *err);
/* NULL is allowed. */
void gpio_chip_close(struct gpio_chip *chip);

/*
 * Read or write the logical value.
 * - ERROR_INVALID: gpio_line_set() of an input.
 * - ERROR_BUS: the line does not answer.
 * - ERROR_CLOSED: the chip was unplugged.
 * - ERROR_SYSTEM: any other failure that the kernel reports.
 */
int gpio_line_get(struct gpio_line *line, bool *ret_value, struct error *err);
int gpio_line_set(struct gpio_line *line, bool value, struct error *err);

/*
 * Change direction, bias, drive and edges without releasing the line. Errors of gpio_chip_request()
 * and gpio_line_get().
 */
int gpio_line_configure(struct gpio_line *line, const struct gpio_line_config *config,
			struct error *err);

/*
 * Block until an edge has come, at most timeout_ns. Then return up to `max` edges. If more edges
 * come than the kernel keeps, the oldest are lost, and `sequence` has a gap.
 * - ERROR_TIMEOUT: no edge came.
 * - ERROR_INVALID: the line does not watch for edges, or `max` is 0.
 */
int gpio_line_read_edges(struct gpio_line *line, struct gpio_edge *ret_edges, size_t max,
			 uint64_t timeout_ns, size_t *ret_count, struct error *err);

/* NULL is allowed. */
void gpio_line_release(struct gpio_line *line);

#endif
