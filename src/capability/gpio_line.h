/*
 * A gpio line that a plugin uses, and what a candidate (the new version, tried beside the running
 * one) may do with it; docs/decisions/0007 says why.
 *
 * If the running version has used the line, a candidate can read it but not configure it: the mode
 * that the candidate sets is stored, and applied when it takes over. If nobody has used the line
 * yet, the candidate may set it up as an input. It is released when the candidate ends, and the
 * running version then finds it unused.
 */
#ifndef HARVESTER_CAPABILITY_GPIO_LINE_H
#define HARVESTER_CAPABILITY_GPIO_LINE_H

#include "capability/internal.h"
#include "hardware/bus/gpio.h"

struct capability_line {
	/* Loop thread */
	struct capability_host *host; /* borrowed */
	char owner[CLIENT_NAME_SIZE]; /* name of the plugin that uses the line; "": none does */
	bool is_shared;		      /* other plugins that share the line may use it too */
	bool is_candidates;	      /* only a candidate has used it so far */
	/* A job that releases it, or sets its safe state, is queued; a new use cancels it. */
	bool is_released;
	char mode_by[CLIENT_NAME_SIZE]; /* plugin whose candidate set `mode`; "": none */
	struct gpio_line_config mode;
	struct work_queue *queue;
	atomic_bool is_ending; /* tells the jobs to stop soon */

	/* The line's queue; loop thread after that is closed */
	unsigned number;
	struct gpio_chip *chip;		/* borrowed */
	struct gpio_line *line;		/* owned; NULL: not requested yet */
	struct gpio_line_config config; /* the current one */
	enum gpio_bias bias;		/* the last one set for an input */
};

/* Loop thread: record that the line belongs to the client's plugin. */
void capability_line_claim(struct capability_line *line, const struct capability_client *client);

/* Loop thread: store the mode until this candidate takes over; replaces one stored before. */
void capability_line_defer_mode(struct capability_line *line,
				const struct capability_client *candidate,
				const struct gpio_line_config *mode);

/*
 * Loop thread: the plugin that owns the line has ended. Make the line an output of this level,
 * until a plugin uses it again; any plugin may. If that fails, the line is released.
 * ERROR_NO_MEMORY; errors of work_queue_submit_for().
 */
int capability_line_rest(struct capability_line *line, bool level);

/*
 * On the line's queue: configure the line; request it first if nobody has. Codes of
 * gpio_chip_request().
 */
int capability_line_configure(struct capability_line *line, const struct gpio_line_config *config,
			      struct error *err);

/* On the line's queue: the same, but do nothing if the mode is set already, so an output keeps its
 * level. */
int capability_line_set_mode(struct capability_line *line, const struct gpio_line_config *mode,
			     struct error *err);

#endif
