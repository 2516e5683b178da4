#include "capability/gpio_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/work_queue.h"

#define EVENT_BUFFER 128

int capability_line_configure(struct capability_line *line, const struct gpio_line_config *config,
			      struct error *err)
{
	struct gpio_line_config wanted = *config;
	int ret;

	wanted.event_buffer_size = EVENT_BUFFER;
	if (line->line)
		ret = gpio_line_configure(line->line, &wanted, err);
	else
		ret = gpio_chip_request(line->chip, line->number, &wanted, &line->line, err);
	if (ret)
		return ret;
	line->config = wanted;
	if (wanted.direction == GPIO_INPUT)
		line->bias = wanted.bias;
	return 0;
}

int capability_line_set_mode(struct capability_line *line, const struct gpio_line_config *mode,
			     struct error *err)
{
	const struct gpio_line_config *is = &line->config;

	if (line->line && is->direction == mode->direction && is->bias == mode->bias &&
	    is->edges == mode->edges)
		return 0;
	return capability_line_configure(line, mode, err);
}

void capability_line_claim(struct capability_line *line, const struct capability_client *client)
{
	snprintf(line->owner, sizeof(line->owner), "%s", client->name);
	line->is_shared = permission_shares_gpio(client->permission, line->number);
	line->is_candidates = client->is_candidate;
}

void capability_line_defer_mode(struct capability_line *line,
				const struct capability_client *candidate,
				const struct gpio_line_config *mode)
{
	snprintf(line->mode_by, sizeof(line->mode_by), "%s", candidate->name);
	line->mode = *mode;
}

/* Work on a line when its candidate takes over or ends. It runs in the queue with the plugins'
 * calls. */
struct line_job {
	struct capability_line *line;
	struct gpio_line_config mode;
	char plugin[CLIENT_NAME_SIZE];
	capability_promotion_failed *on_failed;
	struct error err;
};

static void run_mode(void *arg)
{
	struct line_job *job = arg;

	job->err.code = capability_line_set_mode(job->line, &job->mode, &job->err);
}

static void run_release(void *arg)
{
	struct capability_line *line = ((struct line_job *)arg)->line;

	gpio_line_release(line->line);
	line->line = NULL;
	line->config = (struct gpio_line_config){0};
	line->bias = GPIO_BIAS_AS_IS;
}

static void mode_set(void *arg, int status)
{
	struct line_job *job = arg;

	/* A closed queue has not set the mode, which is no failure to report. */
	if (!status && job->err.code)
		job->on_failed(job->plugin, job->err.text);
	free(job);
}

/* Only now may another plugin have the line: jobs of different plugins run in no fixed order. */
static void released(void *arg, int status)
{
	struct line_job *job = arg;

	/* If the queue was closed, on_line_closed() releases the line. */
	if (!status && job->line->is_released) {
		job->line->owner[0] = '\0';
		job->line->is_candidates = job->line->is_released = false;
	}
	free(job);
}

static int submit(const struct line_job *model, work_function *work, work_done *on_done)
{
	struct line_job *job = malloc(sizeof(*job));
	int ret = job ? 0 : ERROR_NO_MEMORY;

	if (job)
		*job = *model;
	if (!ret)
		ret = work_queue_submit_for(model->line->queue, job->plugin, work, on_done, job);
	if (ret)
		free(job);
	return ret;
}

static void run_rest(void *arg)
{
	struct line_job *job = arg;

	if (capability_line_configure(job->line, &job->mode, NULL))
		run_release(job);
	atomic_store(&job->line->is_ending, false);
}

int capability_line_rest(struct capability_line *line, bool level)
{
	struct line_job job = {.line = line, .mode = {.direction = GPIO_OUTPUT, .value = level}};
	int ret;

	snprintf(job.plugin, sizeof(job.plugin), "%s", line->owner);
	ret = submit(&job, run_rest, released);
	if (ret)
		return ret;
	line->is_released = true;
	/* A capture that is running ends soon. */
	atomic_store(&line->is_ending, true);
	return 0;
}

static void promote_line(struct capability_line *line, const struct capability_client *client,
			 capability_promotion_failed *on_failed)
{
	struct line_job job = {.line = line, .mode = line->mode, .on_failed = on_failed};
	char text[ERROR_TEXT_SIZE];
	int ret;

	if (!strcmp(line->owner, client->name))
		line->is_candidates = false;
	if (strcmp(line->mode_by, client->name) != 0)
		return;
	line->mode_by[0] = '\0';
	snprintf(job.plugin, sizeof(job.plugin), "%s", client->name);
	ret = submit(&job, run_mode, mode_set);
	if (!ret)
		return;
	snprintf(text, sizeof(text),
		 "gpio line %u keeps its old mode, since setting the new one failed (%s): reload "
		 "the plugin",
		 line->number, error_text(ret));
	on_failed(client->name, text);
}

void capability_gpio_promote(struct capability_client *client,
			     capability_promotion_failed *on_failed)
{
	for (unsigned i = 0; i <= UINT8_MAX; i++) {
		if (client->host->lines[i])
			promote_line(client->host->lines[i], client, on_failed);
	}
}

/* Queued with the plugin's calls, so that its running version or next candidate finds it released.
 */
static void let_go(struct capability_line *line)
{
	struct line_job job = {.line = line};

	snprintf(job.plugin, sizeof(job.plugin), "%s", line->owner);
	/* If that fails, they find the line as the candidate left it. */
	line->is_released = !submit(&job, run_release, released);
}

void capability_gpio_drop(const struct capability_client *candidate)
{
	for (unsigned i = 0; i <= UINT8_MAX; i++) {
		struct capability_line *line = candidate->host->lines[i];

		if (!line)
			continue;
		if (!strcmp(line->mode_by, candidate->name))
			line->mode_by[0] = '\0';
		if (line->is_candidates && !strcmp(line->owner, candidate->name))
			let_go(line);
	}
}
