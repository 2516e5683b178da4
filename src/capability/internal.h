/*
 * What the files of capability/ share: the table of functions, the life of a call, and the inside
 * of the host. All of it is of the loop thread, but for capability_job's run().
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

#define QUEUE_LIMIT 1024 /* jobs of one bus: more than there are plugins */
#define OWNER_LIMIT 8	 /* of one plugin; it has one call out, and its candidate one */
#define PORTS_MAX 8	 /* spi devices, and serial ports, that plugins have opened */
#define CLIENT_NAME_SIZE 65
#define UART_DEFAULT_BAUD 9600

/*
 * A function takes its arguments (already counted) and replies, now or later, exactly once; or it
 * returns ERROR_MALFORMED (the arguments are of other types) or ERROR_NO_MEMORY without a reply.
 */
struct capability_function {
	const char *name;
	size_t arguments;
	int (*start)(struct capability_call *call, const cbor_item_t *args);
	const char *signature; /* as in the WIT, written as guest/signature.h says */
};

/* Ends with a function without a name. */
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

/* A call that has begun; see capability_dispatch(). */
struct capability_call {
	struct capability_client *client; /* borrowed until the answer or abandon */
	struct capability_host *host;
	capability_answer *answer; /* NULL: abandoned */
	void *arg;
	struct capability_job *job; /* what it waits for; NULL: nothing */
	bool in_dispatch;
	bool answered;
};

/*
 * A blocking part of a call, run in a bus's work queue. The head of a struct of its own, made with
 * calloc() and freed with free() by the queue's end of it.
 */
struct capability_job {
	struct capability_call *call; /* loop thread; NULL: abandoned, or answered with a timeout */
	/* On the pool: touches its own struct and the bus, nothing else. */
	int (*run)(struct capability_job *job, struct error *err);
	/* On the loop: the answer, also for a failed run (see result). */
	cbor_item_t *(*answer)(struct capability_job *job);
	/* On the loop: undo what the job holds, asked for even if the call was abandoned. May be
	 * NULL. */
	void (*finish)(struct capability_job *job);
	/* The error of a call that took too long; NULL: a text says it. */
	const char *timeout_name;
	bool must_end; /* it runs though its call was abandoned, and has no time limit of its own */
	int result;
	struct error error;
	/* job.c's */
	TAILQ_ENTRY(capability_job) link;
	struct capability_host *host;
	struct work_queue *queue;
	uint64_t submitted_ns;	   /* of uv_hrtime() */
	_Atomic uint64_t began_ns; /* written by the queue's thread; 0: it waits */
};

TAILQ_HEAD(capability_jobs, capability_job);

struct capability_client *capability_call_client(const struct capability_call *call);
struct capability_host *capability_call_host(const struct capability_call *call);

/* Answer and end the call. The value is taken. Returns 0, for `return capability_reply(…)`. */
int capability_reply(struct capability_call *call, cbor_item_t *value);

/*
 * The same in so many milliseconds, or when the host closes; `value` is taken, and ERROR_NO_MEMORY
 * for NULL. The call must not have answered yet. It holds no thread, so it delays nobody.
 */
int capability_reply_later(struct capability_call *call, uint64_t delay_ms, cbor_item_t *value);

/* Answer all of these now: the host is closing. */
void capability_laters_end(struct capability_host *host);

/* The error of a result<…, string>. */
int capability_reply_failure(struct capability_call *call, const char *text);

/*
 * denied.c: count and remember a call that the grant refuses: what it wanted, and how to ask for
 * it, or that the owner keeps it back. direction: of enum permission_direction.
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
 * Is the device denied by its owner under another of its names? The lists were applied to names
 * when the plugin was granted; which devices these are is known only when they are there.
 */
bool capability_is_denied_alias(struct capability_call *call, enum bus_kind kind,
				const char *device);

/* The error of a result<…, string> behind one of these. */
int capability_reply_denied(struct capability_call *call);

/*
 * state_trial.c: where this client's state is: a version on trial has its own. ERROR_BUSY,
 * ERROR_NO_MEMORY. And forget, or keep, what it set.
 */
int capability_state_of(struct capability_client *client,
			struct capability_state_store **ret_store);
void capability_state_drop(struct capability_client *client);
void capability_state_keep(struct capability_client *client, capability_promotion_failed *failed);

/* NaN for a value that the WIT has no error for; the text is kept for the reading. */
int capability_reply_absent(struct capability_call *call, const char *text);

/* [false, the text of the job's error]. */
cbor_item_t *capability_failure(struct capability_job *job);

/*
 * job.c: hand a job over; the call is answered when it is done, or now if the queue is full. job
 * NULL: ERROR_NO_MEMORY, so that the result of an allocation can be handed in. Returns 0 otherwise.
 */
int capability_submit(struct capability_call *call, struct work_queue *queue,
		      struct capability_job *job);

/* job.c: its call is abandoned. The job may be gone then. */
void capability_job_abandon(struct capability_job *job);

/*
 * job.c: answer the calls that have waited too long for a bus, or whose transfer takes too long,
 * with a timeout. now_ns: of uv_hrtime().
 */
#define CAPABILITY_WAIT_SECONDS_MAX 60
#define CAPABILITY_TRANSFER_SECONDS_MAX 8
void capability_jobs_check(struct capability_host *host, uint64_t now_ns);

/* Is it a name that a device can have: 1..31 of letters, digits, ".", "_", "-"? Then *ret_name. */
#define DEVICE_NAME_SIZE 32
bool capability_device_name(const char *text, size_t size, char ret_name[DEVICE_NAME_SIZE]);

/* A device that a plugin named, opened at its first use. */
struct capability_port {
	char name[DEVICE_NAME_SIZE];
	union {
		struct spi_device *spi;
		struct uart_port *uart;
	};
	struct work_queue *queue;
	/* Of a serial port; see uart_trial.c: */
	bool is_used;			/* by a version that runs, not only by candidates */
	char rate_by[CLIENT_NAME_SIZE]; /* whose candidate has set `rate`; "": nobody's */
	uint32_t rate;
	bool has_rate; /* the port has `rate` already: nobody else used it */
};

/* The one of that device, under whatever name, or NULL. */
struct capability_port *capability_find_port(struct capability_host *host, enum bus_kind kind,
					     struct capability_port *ports, size_t count,
					     const char *name);

/* A gpio line that a plugin uses: gpio_line.h. An answer that waits for its time: later.c. */
struct capability_line;
struct capability_later;

struct capability_host {
	uv_loop_t *loop; /* borrowed, as the next four */
	const struct config *config;
	struct backend *backend;
	struct clock *clock;
	const char *system_root;
	struct system_info *system;

	struct i2c_bus *i2c; /* NULL: i2c_missing says why */
	struct work_queue *i2c_queue;
	struct bme680 *bme680[2]; /* at 0x76 and 0x77, made when asked for */
	char i2c_missing[ERROR_TEXT_SIZE];

	struct gpio_chip *gpio;
	struct work_queue *gpio_queue;
	struct dht22 *dht22[UINT8_MAX + 1]; /* by pin, made when asked for */
	struct capability_line *lines[UINT8_MAX + 1];
	struct capability_later *laters; /* answers that wait for their time */
	char gpio_missing[ERROR_TEXT_SIZE];

	struct spi_device *led_device;
	struct work_queue *led_queue;
	struct led_strip *leds;

	struct relay *buzzer_relay, *fan_relay;
	struct buzzer *buzzer;
	double sound_left_ms; /* what plugins may sound now; see buzzer_controller.c */
	uint64_t sound_refilled_ns;
	bool sound_began; /* the two above are in use */
	struct fan *fan;
	uv_timer_t fan_timer;

	struct capability_jobs jobs; /* that wait for a bus or are on one */
	uv_timer_t jobs_timer;

	struct capability_port spis[PORTS_MAX], uarts[PORTS_MAX];
	size_t spis_count, uarts_count;

	struct w1_bus *w1; /* NULL: w1_missing says why */
	struct work_queue *w1_queue;
	char w1_missing[ERROR_TEXT_SIZE];

	struct capability_state_store *state; /* borrowed; NULL: none is kept */
	struct work_queue *state_queue;

	bool is_closing;
	unsigned parts; /* that are closing and have not ended yet */
	capability_host_closed *closed;
	void *closed_arg;
};

/* In gpio.c: let go of one plugin's lines. */
void capability_gpio_end(struct capability_host *host, const char *owner);

/*
 * In gpio_line.c: the candidate takes over, and the modes that it has set are applied; or it ends,
 * and they are forgotten.
 */
void capability_gpio_promote(struct capability_client *client, capability_promotion_failed *failed);
void capability_gpio_drop(const struct capability_client *candidate);

/*
 * In uart_trial.c, of baud rates: on the first use of a port by a version that runs (before its
 * call is submitted); when a candidate sets one (true: it is kept until the candidate takes over,
 * and the call is answered with success; false: nobody uses the port, so set it now); when it takes
 * over; when it ends.
 */
void capability_uart_use(struct capability_port *port, const struct capability_client *client);
bool capability_uart_defer(struct capability_port *port, const struct capability_client *candidate,
			   uint32_t rate);
void capability_uart_promote(struct capability_client *client, capability_promotion_failed *failed);
void capability_uart_drop(const struct capability_client *candidate);

/* In gpio.c: let go of everybody's lines; each counts as a part of the host that is closing. */
void capability_gpio_close(struct capability_host *host);

/* A part of the host (counted in `parts` before) has ended; for the close callbacks of its queues.
 */
void capability_host_part_closed(void *host);

#endif
