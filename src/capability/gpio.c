#include "hardware/bus/gpio.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/work_queue.h"
#include "capability/gpio_line.h"

/*
 * A line belongs to the first plugin that uses it, until that plugin ends. Each line has a work
 * queue of its own, so that a capture on one line does not delay the others. gpio_line.h says what
 * a candidate may do with a line that is in use.
 */

#define CAPTURE_EDGES_MAX 1024
#define CAPTURE_MS_MAX 2000
#define CAPTURE_LOOK_MS 100 /* how soon a capture notices that its line is being released */
#define NS_PER_MS 1000000u

struct gpio_job {
	struct capability_job job;
	struct capability_line *line;
	struct clock *clock;
	bool may_request; /* the line, if nobody has requested it yet */
	bool is_first;	  /* first use by the running version, after a candidate set the line up */
	struct gpio_line_config config; /* of set-mode */
	bool value;			/* of read and write */
	uint64_t timeout_ns;		/* of capture-edges, as the rest */
	size_t max, count;
	struct gpio_edge edges[];
};

/* Is this the running version's first call on the line? Then it has to set the line up. */
static bool is_fresh(const struct gpio_job *job)
{
	return !job->line->line || job->is_first;
}

static int run_read(struct capability_job *job, struct error *err)
{
	static const struct gpio_line_config input = {.direction = GPIO_INPUT};
	struct gpio_job *self = (struct gpio_job *)job;
	int ret = 0;

	if (!self->line->line && !self->may_request)
		return error_set(err, ERROR_BUSY,
				 "gpio line %u is in use by the running version of this plugin: "
				 "the candidate can use it after it has taken over",
				 self->line->number);
	if (is_fresh(self))
		ret = capability_line_configure(self->line, &input, err);
	return ret ? ret : gpio_line_get(self->line->line, &self->value, err);
}

static int run_write(struct capability_job *job, struct error *err)
{
	struct gpio_job *self = (struct gpio_job *)job;
	const struct gpio_line_config output = {.direction = GPIO_OUTPUT, .value = self->value};

	if (is_fresh(self))
		return capability_line_configure(self->line, &output, err);
	if (self->line->config.direction != GPIO_OUTPUT)
		return error_set(err, ERROR_INVALID,
				 "gpio line %u is an input: set its mode to output first",
				 self->line->number);
	return gpio_line_set(self->line->line, self->value, err);
}

static int run_set_mode(struct capability_job *job, struct error *err)
{
	struct gpio_job *self = (struct gpio_job *)job;

	if (self->is_first)
		return capability_line_configure(self->line, &self->config, err);
	return capability_line_set_mode(self->line, &self->config, err);
}

/* Collect the edges that come within CAPTURE_LOOK_MS. Succeeds if there are none. */
static int capture_some(struct gpio_job *self, uint64_t left_ns, struct error *err)
{
	uint64_t look_ns = CAPTURE_LOOK_MS * NS_PER_MS;
	size_t got = 0;
	int ret = gpio_line_read_edges(self->line->line, self->edges + self->count,
				       self->max - self->count,
				       left_ns < look_ns ? left_ns : look_ns, &got, err);

	if (ret && ret != ERROR_TIMEOUT)
		return ret;
	self->count += ret ? 0 : got;
	return 0;
}

/* Makes the line an input with edge detection first, if it is not one, in one operation. */
static int run_capture(struct capability_job *job, struct error *err)
{
	struct gpio_job *self = (struct gpio_job *)job;
	const struct gpio_line_config input = {
		.direction = GPIO_INPUT,
		.bias = self->is_first ? GPIO_BIAS_AS_IS : self->line->bias,
		.edges = GPIO_EDGES_BOTH,
	};
	uint64_t start_ns = clock_monotonic_ns(self->clock), passed_ns = 0;
	bool is_over = !self->max;
	int ret = 0;

	if (is_fresh(self) || self->line->config.edges != GPIO_EDGES_BOTH)
		ret = capability_line_configure(self->line, &input, err);
	while (!ret && !is_over && !atomic_load(&self->line->is_ending)) {
		ret = capture_some(self, self->timeout_ns - passed_ns, err);
		passed_ns = clock_monotonic_ns(self->clock) - start_ns;
		is_over = self->count == self->max || passed_ns >= self->timeout_ns;
	}
	return ret;
}

static cbor_item_t *answer_value(struct capability_job *job)
{
	return job->result ? capability_failure(job)
			   : value_ok(value_bool(((struct gpio_job *)job)->value));
}

static cbor_item_t *answer_done(struct capability_job *job)
{
	return job->result ? capability_failure(job) : value_ok(value_null());
}

static bool map_put(cbor_item_t *map, const char *key_text, cbor_item_t *value)
{
	cbor_item_t *key = value_text(key_text);
	bool done = key && value && cbor_map_add(map, (struct cbor_pair){key, value});

	if (key)
		cbor_decref(&key);
	if (value)
		cbor_decref(&value);
	return done;
}

static cbor_item_t *edge_value(const struct gpio_edge *edge)
{
	cbor_item_t *map = cbor_new_definite_map(2);

	if (map && map_put(map, "timestamp-ns", value_unsigned(edge->timestamp_ns)) &&
	    map_put(map, "rising", value_bool(edge->rising)))
		return map;
	if (map)
		cbor_decref(&map);
	return NULL;
}

static cbor_item_t *answer_edges(struct capability_job *job)
{
	struct gpio_job *self = (struct gpio_job *)job;
	cbor_item_t *array, *edge;
	bool whole;

	if (job->result)
		return capability_failure(job);
	array = cbor_new_definite_array(self->count);
	whole = array != NULL;
	for (size_t i = 0; whole && i < self->count; i++) {
		edge = edge_value(&self->edges[i]);
		whole = edge && cbor_array_push(array, edge);
		if (edge)
			cbor_decref(&edge);
	}
	if (!whole && array)
		cbor_decref(&array);
	return value_ok(whole ? array : NULL);
}

static struct capability_line *create_line(struct capability_host *host, unsigned number,
					   struct error *err)
{
	struct capability_line *line = calloc(1, sizeof(*line));

	if (!line ||
	    work_queue_create_shared(host->loop, QUEUE_LIMIT, OWNER_LIMIT, &line->queue, err)) {
		free(line);
		return NULL;
	}
	line->host = host;
	line->chip = host->gpio;
	line->number = number;
	host->lines[number] = line;
	return line;
}

/* May the plugin use the line in this direction? If not, count the call as denied. */
static bool may_use(struct capability_call *call, uint64_t number, unsigned direction)
{
	const struct permission *permission = capability_call_client(call)->permission;

	if ((permission_gpio_direction(permission, (unsigned)number) & direction) == direction)
		return true;
	capability_deny_gpio(call, number, direction);
	return false;
}

static bool is_anothers(const struct capability_line *line, const struct capability_client *client)
{
	if (!line || !*line->owner || !strcmp(line->owner, client->name))
		return false;
	return !line->is_shared || !permission_shares_gpio(client->permission, line->number);
}

/* Get the line for this plugin. NULL if it cannot have it: the call was answered, with *ret_result.
 */
static struct capability_line *line_of(struct capability_call *call, uint64_t number,
				       unsigned direction, int *ret_result)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);
	struct capability_line *line;
	char text[ERROR_TEXT_SIZE];

	if (!may_use(call, number, direction)) {
		*ret_result = capability_reply_denied(call);
		return NULL;
	}
	if (!host->gpio) {
		*ret_result = capability_reply_failure(call, host->missing[DEVICE_GPIO]);
		return NULL;
	}
	line = host->lines[number];
	if (is_anothers(line, client)) {
		snprintf(text, sizeof(text),
			 "gpio line %" PRIu64
			 " is in use by plugin %s: use another line, or disable that plugin",
			 number, line->owner);
		*ret_result = capability_reply_failure(call, text);
		return NULL;
	}
	if (!line)
		line = create_line(host, (unsigned)number, NULL);
	if (line && !*line->owner)
		capability_line_claim(line, client);
	if (line)
		line->is_released = false;
	else
		*ret_result = ERROR_NO_MEMORY;
	client->touched_simulated |= host->gpio->simulated;
	return line;
}

static int start_on(struct capability_call *call, struct capability_line *line,
		    const struct gpio_job *model)
{
	struct capability_client *client = capability_call_client(call);
	struct gpio_job *job = calloc(1, sizeof(*job) + model->max * sizeof(job->edges[0]));

	if (!job)
		return ERROR_NO_MEMORY;
	*job = *model;
	job->line = line;
	job->clock = line->host->clock;
	job->may_request = !client->is_candidate || line->is_candidates;
	if (!client->is_candidate && line->is_candidates) {
		job->is_first = true;
		capability_line_claim(line, client);
	}
	return capability_submit(call, line->queue, &job->job);
}

static int start(struct capability_call *call, uint64_t number, unsigned direction,
		 const struct gpio_job *model)
{
	int ret = 0;
	struct capability_line *line = line_of(call, number, direction, &ret);

	return line ? start_on(call, line, model) : ret;
}

static int read_line(struct capability_call *call, const cbor_item_t *args)
{
	const struct gpio_job model = {.job = {.run = run_read, .answer = answer_value}};
	uint64_t number;

	if (value_get_unsigned(args, 0, UINT8_MAX, &number))
		return ERROR_MALFORMED;
	return start(call, number, PERMISSION_IN, &model);
}

static int write_line(struct capability_call *call, const cbor_item_t *args)
{
	struct gpio_job model = {.job = {.run = run_write, .answer = answer_done}};
	struct capability_line *line;
	uint64_t number;
	int ret = 0;

	if (value_get_unsigned(args, 0, UINT8_MAX, &number) ||
	    value_get_bool(args, 1, &model.value))
		return ERROR_MALFORMED;
	line = line_of(call, number, PERMISSION_OUT, &ret);
	if (!line)
		return ret;
	if (capability_call_client(call)->is_candidate)
		return capability_reply(call, value_ok(value_null()));
	return start_on(call, line, &model);
}

/* Inputs watch for edges from the start, so that a later capture misses none. */
static int get_mode(const cbor_item_t *args, size_t index, struct gpio_line_config *ret_config)
{
	static const struct {
		const char *name;
		struct gpio_line_config config;
	} modes[] = {
		{"input", {.direction = GPIO_INPUT, .edges = GPIO_EDGES_BOTH}},
		{"input-pull-up",
		 {.direction = GPIO_INPUT, .bias = GPIO_BIAS_PULL_UP, .edges = GPIO_EDGES_BOTH}},
		{"input-pull-down",
		 {.direction = GPIO_INPUT, .bias = GPIO_BIAS_PULL_DOWN, .edges = GPIO_EDGES_BOTH}},
		{"output", {.direction = GPIO_OUTPUT}},
	};
	const char *text;
	size_t size;

	if (value_get_text(args, index, &text, &size))
		return ERROR_MALFORMED;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strlen(modes[i].name) == size && !memcmp(modes[i].name, text, size)) {
			*ret_config = modes[i].config;
			return 0;
		}
	}
	return ERROR_MALFORMED;
}

static int set_mode(struct capability_call *call, const cbor_item_t *args)
{
	struct gpio_job model = {.job = {.run = run_set_mode, .answer = answer_done}};
	const struct capability_client *client = capability_call_client(call);
	struct capability_line *line;
	uint64_t number;
	bool is_output;
	int ret = 0;

	if (value_get_unsigned(args, 0, UINT8_MAX, &number) || get_mode(args, 1, &model.config))
		return ERROR_MALFORMED;
	is_output = model.config.direction == GPIO_OUTPUT;
	line = line_of(call, number, is_output ? PERMISSION_OUT : PERMISSION_IN, &ret);
	if (!line)
		return ret;
	if (client->is_candidate) {
		capability_line_defer_mode(line, client, &model.config);
		if (is_output || !line->is_candidates)
			return capability_reply(call, value_ok(value_null()));
	}
	return start_on(call, line, &model);
}

/* For a candidate: the edges belong to the running version, and watching would configure the line.
 */
static int capture_nothing(struct capability_call *call, uint64_t timeout_ms)
{
	return capability_reply_later(call, timeout_ms, value_ok(cbor_new_definite_array(0)));
}

static int capture_edges(struct capability_call *call, const cbor_item_t *args)
{
	struct gpio_job model = {.job = {.run = run_capture, .answer = answer_edges}};
	uint64_t number, timeout_ms, max;
	struct capability_line *line;
	int ret = 0;

	if (value_get_unsigned(args, 0, UINT8_MAX, &number) ||
	    value_get_unsigned(args, 1, UINT32_MAX, &timeout_ms) ||
	    value_get_unsigned(args, 2, UINT32_MAX, &max))
		return ERROR_MALFORMED;
	if (timeout_ms > CAPTURE_MS_MAX || max > CAPTURE_EDGES_MAX)
		return capability_reply_failure(call, "a capture returns at most 1024 edges and "
						      "waits at most 2000 ms: ask for less");
	model.timeout_ns = timeout_ms * NS_PER_MS;
	model.max = max;
	line = line_of(call, number, PERMISSION_IN, &ret);
	if (!line)
		return ret;
	if (capability_call_client(call)->is_candidate && !line->is_candidates)
		return capture_nothing(call, timeout_ms);
	return start_on(call, line, &model);
}

static void on_line_closed(void *arg)
{
	struct capability_line *line = arg;
	struct capability_host *host = line->host;

	gpio_line_release(line->line);
	free(line);
	capability_host_part_closed(host);
}

/* Counted in the host's parts, so that a host that closes waits: the chip must outlive its lines.
 */
static void close_line(struct capability_host *host, unsigned number)
{
	struct capability_line *line = host->lines[number];

	host->lines[number] = NULL;
	atomic_store(&line->is_ending, true);
	host->parts++;
	work_queue_close(line->queue, on_line_closed, line);
}

void capability_gpio_close(struct capability_host *host)
{
	for (unsigned i = 0; i <= UINT8_MAX; i++) {
		if (host->lines[i])
			close_line(host, i);
	}
}

/* If the safe state cannot be set, nobody drives the line. */
static void end_line(const struct capability_client *client, unsigned number)
{
	unsigned level = client->permission->safe_gpio[number];

	if (!level ||
	    capability_line_rest(client->host->lines[number], level == PERMISSION_LEVEL_HIGH))
		close_line(client->host, number);
}

void capability_gpio_end(const struct capability_client *client, const struct permission *next)
{
	for (unsigned i = 0; i <= UINT8_MAX; i++) {
		const struct capability_line *line = client->host->lines[i];

		/* A line that only the candidate set up is released when the candidate ends. */
		if (line && !line->is_candidates && !strcmp(line->owner, client->name) &&
		    !(next && permission_has_gpio(next, i)))
			end_line(client, i);
	}
}

static const struct capability_function functions[] = {
	{"read", 1, read_line, "func(line: u8) -> result<bool, string>"},
	{"write", 2, write_line, "func(line: u8, value: bool) -> result<_, string>"},
	{"set-mode", 2, set_mode,
	 "func(line: u8, mode: enum{input, input-pull-up, input-pull-down, output}) -> result<_, "
	 "string>"},
	{"capture-edges", 3, capture_edges,
	 "func(line: u8, timeout-ms: u32, max: u32) -> result<list<record{timestamp-ns: u64, "
	 "rising: bool}>, string>"},
	{0},
};

const struct capability_interface capability_gpio = {"gpio", functions};
