/*
 * GPIO: a chip hands out lines; a held line is read, written, turned round and watched for edges.
 *
 * Modelled on the kernel's character device, version 2: a line is requested once and held; turning
 * it from output to input with edge detection is one operation on the held line (a release and a
 * new request would take longer than a DHT22 waits). Edges carry the kernel's own time stamps. A
 * line is used by one thread at a time.
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
	bool active_low;       /* values are logical: active is true */
	bool value;	       /* of an output, from its first moment */
	/* Edges kept until they are read; 0 is the default (16). Only when the line is requested.
	 */
	unsigned event_buffer_size;
};

struct gpio_edge {
	uint64_t timestamp_ns; /* CLOCK_MONOTONIC */
	uint32_t sequence;     /* counts from 1 on this line; a gap means that edges were lost */
	bool rising;	       /* physical level, whatever active_low says */
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

/* The heads of each implementation's own structs. */
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
 * Hold a line. ERROR_INVALID for an offset that the chip has not or a config that cannot be,
 * ERROR_BUSY when it is held already. The line must be released before its chip is closed.
 */
int gpio_chip_request(struct gpio_chip *chip, unsigned offset,
		      const struct gpio_line_config *config, struct gpio_line **ret_line,
		      struct error *err);
void gpio_chip_close(struct gpio_chip *chip);

int gpio_line_get(struct gpio_line *line, bool *ret_value, struct error *err);
int gpio_line_set(struct gpio_line *line, bool value, struct error *err); /* outputs only */

/* Change direction, bias, drive and edges at once, keeping hold of the line. */
int gpio_line_configure(struct gpio_line *line, const struct gpio_line_config *config,
			struct error *err);

/*
 * Wait until at least one edge is there (at most timeout_ns) and take up to max. ERROR_TIMEOUT when
 * none came. After an overflow the oldest edges are gone, as the gap in `sequence` shows.
 */
int gpio_line_read_edges(struct gpio_line *line, struct gpio_edge *ret_edges, size_t max,
			 uint64_t timeout_ns, size_t *ret_count, struct error *err);

/* NULL is allowed. */
void gpio_line_release(struct gpio_line *line);

#endif
