/*
 * The baud rates that a candidate sets. If the running version or another plugin uses the port, it
 * keeps its rate until the candidate takes over (docs/decisions/0007-new-version-on-trial.md).
 */
#include <stdlib.h>
#include <string.h>

#include "base/work_queue.h"
#include "capability/internal.h"
#include "hardware/bus/uart.h"

struct rate_job {
	struct uart_port *port;
	uint32_t rate;
	char plugin[CLIENT_NAME_SIZE];
	/* NULL: the next use of the port reports the error. */
	capability_promotion_failed *on_failed;
	struct error err;
};

static void run(void *arg)
{
	struct rate_job *job = arg;

	job->err.code = uart_port_set_baud(job->port, job->rate, &job->err);
}

static void done(void *arg, int status)
{
	struct rate_job *job = arg;

	if (!status && job->err.code && job->on_failed)
		job->on_failed(job->plugin, job->err.text);
	free(job);
}

static void submit(const struct capability_port *port, uint32_t rate, const char *plugin,
		   capability_promotion_failed *on_failed)
{
	struct rate_job *job = calloc(1, sizeof(*job));
	char text[ERROR_TEXT_SIZE];
	int ret = job ? 0 : ERROR_NO_MEMORY;

	if (job) {
		job->port = port->uart;
		job->rate = rate;
		job->on_failed = on_failed;
		snprintf(job->plugin, sizeof(job->plugin), "%s", plugin);
		ret = work_queue_submit_for(port->queue, plugin, run, done, job);
	}
	if (!ret)
		return;
	free(job);
	snprintf(text, sizeof(text),
		 "uart %s keeps its old baud rate, since setting the new one failed (%s): reload "
		 "the plugin",
		 port->name, error_text(ret));
	if (on_failed)
		on_failed(plugin, text);
}

static void forget_rate(struct capability_port *port)
{
	port->rate_by[0] = '\0';
	port->has_rate = false;
}

void capability_uart_use(struct capability_port *port, const struct capability_client *client)
{
	if (client->is_candidate || port->is_used)
		return;
	port->is_used = true;
	if (port->has_rate)
		submit(port, UART_DEFAULT_BAUD, client->name, NULL);
	port->has_rate = false;
}

bool capability_uart_defer(struct capability_port *port, const struct capability_client *candidate,
			   uint32_t rate)
{
	snprintf(port->rate_by, sizeof(port->rate_by), "%s", candidate->name);
	port->rate = rate;
	port->has_rate = !port->is_used;
	return port->is_used;
}

void capability_uart_promote(struct capability_client *client,
			     capability_promotion_failed *on_failed)
{
	for (size_t i = 0; i < client->host->uarts_count; i++) {
		struct capability_port *port = &client->host->uarts[i];

		if (strcmp(port->rate_by, client->name) != 0)
			continue;
		port->is_used = true;
		if (!port->has_rate)
			submit(port, port->rate, client->name, on_failed);
		forget_rate(port);
	}
}

void capability_uart_drop(const struct capability_client *candidate)
{
	for (size_t i = 0; i < candidate->host->uarts_count; i++) {
		struct capability_port *port = &candidate->host->uarts[i];

		if (strcmp(port->rate_by, candidate->name) != 0)
			continue;
		if (port->has_rate)
			submit(port, UART_DEFAULT_BAUD, candidate->name, NULL);
		forget_rate(port);
	}
}
