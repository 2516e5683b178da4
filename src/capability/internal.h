/*
 * Internal to capability/: the tables of functions, a call and its job, and the members of the
 * host. Loop thread, except for capability_job's run().
 */
#ifndef HARVESTER_CAPABILITY_INTERNAL_H
#define HARVESTER_CAPABILITY_INTERNAL_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "base/error.h"
#include "capability/capability.h"
#include "capability/host.h"
#include "hardware/bus/backend.h"
#include "wire/value.h"

#define QUEUE_LIMIT 1024 /* jobs of one bus: more than a node has plugins */
#define OWNER_LIMIT 8	 /* jobs of one plugin; it has one call, and its candidate one */
#define PORTS_MAX 8	 /* how many spi devices, and how many serial ports, plugins can open */
#define CLIENT_NAME_SIZE 65
#define UART_DEFAULT_BAUD 9600

/*
 * A host function. start() gets the right number of arguments and replies exactly once, now or
 * later, or returns ERROR_MALFORMED (an argument has the wrong type) or ERROR_NO_MEMORY without a
 * reply.
 */
struct capability_function {
	const char *name;
	size_t arguments;
	int (*start)(struct capability_call *call, const cbor_item_t *args);
	const char *signature; /* the WIT type, in the form of guest/signature.h */
};

/* The list of functions ends with one whose name is NULL. */
struct capability_interface {
	const char *name;
	const struct capability_function *functions;
};

extern const struct capability_interface capability_buzzer_controller;
extern const struct capability_interface capability_fan_controller;
extern const struct capability_interface capability_gpio;
extern const struct capability_interface capability_gpio_provider;
extern const struct capability_interface capability_i2c;
extern const struct capability_interface capability_led_controller;
extern const struct capability_interface capability_log;
extern const struct capability_interface capability_one_wire;
extern const struct capability_interface capability_settings;
extern const struct capability_interface capability_spi;
extern const struct capability_interface capability_state;
extern const struct capability_interface capability_system_info;
extern const struct capability_interface capability_uart;

/* A call that was started; see capability_dispatch(). */
struct capability_call {
	struct capability_client *client; /* borrowed until the answer or abandon */
	struct capability_host *host;
	capability_answer *on_answer; /* NULL: abandoned */
	void *arg;
	struct capability_job *job; /* the job it waits for; NULL: none */
	bool in_dispatch;
	bool answered;
};

/*
 * The blocking part of a call, run in a bus's work queue. It is the first member of a larger
 * struct, allocated with calloc(); job.c frees it when the job has ended.
 */
struct capability_job {
	struct capability_call *call; /* loop thread; NULL: abandoned, or a timeout was answered */
	/* On the bus's thread: may use only its own struct and the bus. */
	int (*run)(struct capability_job *job, struct error *err);
	/* Loop thread: make the answer, also after a failed run (see `result`). */
	cbor_item_t *(*answer)(struct capability_job *job);
	/* Loop thread: free what the job owns, even if the call was abandoned. May be NULL. */
	void (*finish)(struct capability_job *job);
	/* The error case that a timeout answers; NULL: a text explains it. */
	const char *timeout_name;
	bool must_end; /* run it even if its call was abandoned, and without a time limit */
	int result;
	struct error error;
	/* used by job.c */
	TAILQ_ENTRY(capability_job) link;
	struct capability_host *host;
	struct work_queue *queue;
	uint64_t submitted_ns;	   /* of uv_hrtime() */
	_Atomic uint64_t began_ns; /* written by the queue's thread; 0: it waits */
};

TAILQ_HEAD(capability_jobs, capability_job);

struct capability_client *capability_call_client(const struct capability_call *call);
struct capability_host *capability_call_host(const struct capability_call *call);

/* host.c: a plugin set an output; see capability_host_watch_outputs(). */
void capability_output(struct capability_host *host, const char *plugin, int led, uint32_t color);

/* Answer and end the call. Takes ownership of `value`. Returns 0, for `return capability_reply(…)`.
 */
int capability_reply(struct capability_call *call, cbor_item_t *value);

/*
 * Answer after delay_ms, or when the host closes. Takes ownership of `value`; ERROR_NO_MEMORY if it
 * is NULL. Uses a timer and no thread, so it delays no other call.
 */
int capability_reply_later(struct capability_call *call, uint64_t delay_ms, cbor_item_t *value);

/* Answer all these calls now, because the host is closing. */
void capability_laters_end(struct capability_host *host);

/* Answer with the error of a result<…, string>. */
int capability_reply_failure(struct capability_call *call, const char *text);

/*
 * denied.c: count a denied call, and write into the client what it tried to use, and how to request
 * it or that the owner has withheld it. `direction`: enum permission_direction.
 */
void capability_deny_i2c(struct capability_call *call, uint64_t address);
void capability_deny_i2c_bus(struct capability_call *call, uint64_t bus);
void capability_deny_gpio(struct capability_call *call, uint64_t line, unsigned direction);
void capability_deny_spi(struct capability_call *call, const char *device);
void capability_deny_uart(struct capability_call *call, const char *device);
void capability_deny_w1(struct capability_call *call, const char *id);
void capability_deny_leds(struct capability_call *call);
void capability_deny_buzzer(struct capability_call *call);
void capability_deny_fan(struct capability_call *call);

/*
 * Did the owner withhold this device under another name ("serial0" and "ttyS0" may be one device)?
 * The grant compares only names, because which device a name leads to is known only when it is
 * used.
 */
bool capability_is_denied_alias(struct capability_call *call, enum bus_kind kind,
				const char *device);

/* After one of the functions above: answer with the error of a result<…, string>. */
int capability_reply_denied(struct capability_call *call);

/*
 * state_candidate.c: the store of this client's state, which is a separate one for a candidate.
 * ERROR_BUSY if too many calls are waiting for the state, ERROR_NO_MEMORY. And forget, or store for
 * good, what a candidate has set.
 */
int capability_state_of(struct capability_client *client,
			struct capability_state_store **ret_store);
void capability_state_drop(struct capability_client *client);
void capability_state_keep(struct capability_client *client,
			   capability_promotion_failed *on_failed);

/* Answer NaN, if the WIT type has no error; the text is shown with the reading. */
int capability_reply_absent(struct capability_call *call, const char *text);

/* The error of a result<…, string>, with the text of the job's error. */
cbor_item_t *capability_failure(struct capability_job *job);

/*
 * job.c: put a job into a queue. Takes ownership of `job`. The call is answered when the job is
 * done, or now if the queue is full. Returns ERROR_NO_MEMORY if `job` is NULL, so that callers need
 * not check their allocation; otherwise 0.
 */
int capability_submit(struct capability_call *call, struct work_queue *queue,
		      struct capability_job *job);

/* job.c: its call was abandoned. May free the job. */
void capability_job_abandon(struct capability_job *job);

/*
 * job.c: answer a timeout to calls that have waited too long for a bus, or whose transfer takes too
 * long. `now_ns` is uv_hrtime().
 */
#define CAPABILITY_WAIT_SECONDS_MAX 60
#define CAPABILITY_TRANSFER_SECONDS_MAX 8
void capability_jobs_check(struct capability_host *host, uint64_t now_ns);

/* Copy a device name to ret_name. False if it is not 1..31 letters, digits, ".", "_" or "-". */
#define DEVICE_NAME_SIZE 32
bool capability_device_name(const char *text, size_t size, char ret_name[DEVICE_NAME_SIZE]);

/* An spi device or serial port, opened when a plugin first names it. */
struct capability_port {
	char name[DEVICE_NAME_SIZE];
	union {
		struct spi_device *spi;
		struct uart_port *uart;
	};
	struct work_queue *queue;
	/* Serial ports only; see uart_candidate.c: */
	bool is_used;			/* by a running version, not only by candidates */
	char rate_by[CLIENT_NAME_SIZE]; /* plugin whose candidate set `rate`; "": none */
	uint32_t rate;
	bool has_rate; /* `rate` is set on the port already, since nobody else used it */
};

/* Find the port of that device, whatever name it was opened by. NULL if it is not open. */
struct capability_port *capability_find_port(struct capability_host *host, enum bus_kind kind,
					     struct capability_port *ports, size_t count,
					     const char *name);

/* A gpio line that a plugin uses (gpio_line.h), and an answer that is due later (later.c). */
struct capability_line;
struct capability_later;

enum capability_device {
	DEVICE_I2C,
	DEVICE_GPIO, /* before those that are connected to its lines */
	DEVICE_W1,
	DEVICE_LEDS,
	DEVICE_BUZZER,
	DEVICE_FAN,
	DEVICES,
};

struct capability_host {
	uv_loop_t *loop; /* borrowed, like the next four */
	const struct config *config;
	struct backend *backend;
	struct clock *clock;
	const char *system_root;
	struct system_info *system;

	char missing[DEVICES][ERROR_TEXT_SIZE]; /* "": it is open, or not configured */
	capability_host_found *on_found;	/* NULL: nobody asked */
	void *found_arg;
	capability_host_output *on_output; /* likewise */
	void *output_arg;

	struct i2c_bus *i2c; /* NULL: see missing[DEVICE_I2C] */
	struct work_queue *i2c_queue;
	struct bme680 *bme680[2]; /* at 0x76 and 0x77, created at the first read */

	struct gpio_chip *gpio;
	struct work_queue *gpio_queue;
	struct dht22 *dht22[UINT8_MAX + 1]; /* by pin, created at the first read */
	struct capability_line *lines[UINT8_MAX + 1];
	struct capability_later *laters; /* answers that are due later */

	struct spi_device *led_device;
	struct work_queue *led_queue;
	struct led_strip *leds;

	struct relay *buzzer_relay, *fan_relay;
	struct buzzer *buzzer;
	double sound_left_ms; /* how long plugins may sound now; see buzzer_controller.c */
	uint64_t sound_refilled_ns;
	bool sound_began; /* the two members above are set */
	struct fan *fan;
	uv_timer_t devices_timer;

	struct capability_jobs jobs; /* waiting for a bus or running on one */
	uv_timer_t jobs_timer;

	struct capability_port spis[PORTS_MAX], uarts[PORTS_MAX];
	size_t spis_count, uarts_count;

	struct w1_bus *w1; /* NULL: see missing[DEVICE_W1] */
	struct work_queue *w1_queue;

	struct capability_state_store *state; /* borrowed; NULL: plugins have no state */
	struct work_queue *state_queue;

	bool is_closing;
	unsigned parts; /* how many parts are still closing */
	capability_host_closed *on_closed;
	void *closed_arg;
};

/*
 * devices.c: open each configured device that is not open, and note in `missing` why it cannot be
 * opened. Called at the start, and every 2 s.
 */
void capability_devices_open(struct capability_host *host);

/* devices.c: create a bus's queue, unless *ret_queue has one. ERROR_NO_MEMORY, ERROR_SYSTEM. */
int capability_create_queue(const struct capability_host *host, struct work_queue **ret_queue,
			    struct error *err);

/* gpio.c: release the lines of one plugin, or drive them to the safe state that it declares; but
 * not those that its next version may use (NULL: there is none). */
void capability_gpio_end(const struct capability_client *client, const struct permission *next);

/*
 * gpio_line.c: apply the modes that a candidate has set, because it takes over; or forget them,
 * because it has ended.
 */
void capability_gpio_promote(struct capability_client *client,
			     capability_promotion_failed *on_failed);
void capability_gpio_drop(const struct capability_client *candidate);

/*
 * uart_candidate.c: the baud rates that candidates set.
 * Use: call before each use of a port. Resets a rate that a candidate has set if this is the first
 * use by a running version.
 * Defer: store the rate until the candidate takes over, and return true; false if no running
 * version uses the port, so that the caller sets the rate now. Promote: apply the stored rates of a
 * candidate that takes over. Drop: forget the rates of a candidate that has ended.
 */
void capability_uart_use(struct capability_port *port, const struct capability_client *client);
bool capability_uart_defer(struct capability_port *port, const struct capability_client *candidate,
			   uint32_t rate);
void capability_uart_promote(struct capability_client *client,
			     capability_promotion_failed *on_failed);
void capability_uart_drop(const struct capability_client *candidate);

/* gpio.c: release all lines. Each counts as one of the host's closing parts. */
void capability_gpio_close(struct capability_host *host);

/* Close callback for the parts of a host: one part, which was counted in `parts`, has closed. */
void capability_host_part_closed(void *host);

#endif
