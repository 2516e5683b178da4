/*
 * A gpio line that plugins use, and what a candidate (a version on trial beside the running one)
 * may do with it: docs/decisions/0007-new-version-on-trial.md.
 *
 * A line that the running version has used is read by a candidate as it is. The mode that the
 * candidate sets is kept, and applied when it takes over. A line that nobody has used yet is the
 * candidate's to set up as an input; it is let go of with the candidate, and the running version
 * finds it as if nobody had used it.
 */
#ifndef HARVESTER_CAPABILITY_GPIO_LINE_H
#define HARVESTER_CAPABILITY_GPIO_LINE_H

#include "capability/internal.h"
#include "hardware/bus/gpio.h"

struct capability_line {
	/* Loop thread */
	struct capability_host *host;	/* borrowed */
	char owner[CLIENT_NAME_SIZE];	/* "": nobody */
	bool is_shared;			/* its owner lets others that share it use it too */
	bool is_candidates;		/* only a candidate has used it yet */
	bool is_released;		/* after its jobs, unless it is used again before */
	char mode_by[CLIENT_NAME_SIZE]; /* whose candidate has set `mode`; "": nobody's */
	struct gpio_line_config mode;
	struct work_queue *queue;
	atomic_bool is_ending; /* read by the jobs */

	/* The jobs of the queue; the loop's again when that is closed */
	unsigned number;
	struct gpio_chip *chip;		/* borrowed */
	struct gpio_line *line;		/* owned; NULL: not requested yet */
	struct gpio_line_config config; /* as it is */
	enum gpio_bias bias;		/* as an input */
};

/* Loop thread: the client owns the line from now on. */
void capability_line_claim(struct capability_line *line, const struct capability_client *client);

/* Loop thread: keep the mode until this candidate takes over, in place of one that was kept before.
 */
void capability_line_defer_mode(struct capability_line *line,
				const struct capability_client *candidate,
				const struct gpio_line_config *mode);

/* On the line's queue: request the line, or configure the one that is held. Errors of
 * hardware/bus/gpio.h. */
int capability_line_configure(struct capability_line *line, const struct gpio_line_config *config,
			      struct error *err);

/* On the line's queue: the same, unless it is so already: then an output keeps its level. */
int capability_line_set_mode(struct capability_line *line, const struct gpio_line_config *mode,
			     struct error *err);

#endif
