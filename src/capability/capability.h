/*
 * Capabilities: what a plugin can call. One file implements one WIT interface; each function checks
 * the grant, checks the arguments, and then answers, at once or later.
 *
 * A host call lives from capability_dispatch() to its answer. It runs on the loop thread; a
 * function that has to wait for a bus puts a job in that bus's work queue and answers from its done
 * callback. The plugin may die meanwhile: the call's owner then abandons it, and the answer goes
 * nowhere.
 */
#ifndef HARVESTER_CAPABILITY_CAPABILITY_H
#define HARVESTER_CAPABILITY_CAPABILITY_H

#include <cbor.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/permission.h"

struct bme680;
struct buzzer;
struct clock;
struct dht22;
struct error;
struct fan;
struct gpio_chip;
struct i2c_bus;
struct led_strip;
struct spi_device;
struct system_info;
struct uart_port;
struct work_queue;
struct backend;
struct config;

/*
 * The host's side: every device that a capability can reach. Built once by the daemon from the
 * configuration, given to all plugins. Members that are not there are NULL; the capability then
 * answers with an error that names what is missing. See capability/host.h for how it is made.
 */
struct capability_host;

/* Kinds of devices, for counting what was refused. */
enum capability_kind {
	CAPABILITY_I2C,
	CAPABILITY_GPIO,
	CAPABILITY_SPI,
	CAPABILITY_UART,
	CAPABILITY_W1,
	CAPABILITY_LEDS,
	CAPABILITY_BUZZER,
	CAPABILITY_FAN,
	CAPABILITY_KINDS,
};

/* The last call that the grant refused, and how many there were since the owner of this was told.
 */
struct capability_denial {
	char what[48]; /* "i2c 0x40" */
	/* "add 0x40 to allow_i2c in door.permission.toml"; "": its owner keeps it back */
	char advice[192];
	uint64_t count;
};

/* One plugin's side. */
struct capability_client {
	const char *name;		     /* borrowed: the plugin's */
	struct capability_host *host;	     /* borrowed */
	const struct permission *permission; /* borrowed: the effective grant */
	const struct permission *request;    /* borrowed: what it asked for; NULL: nothing */
	const char *permission_file; /* borrowed: its name, for advice; NULL: permission.toml */
	const json_t *settings;	     /* borrowed: an object */
	size_t state_quota;	     /* bytes of its keys and values in the state store; 0: none */
	/* What happened, for the list of plugins and for readings: */
	bool touched_simulated; /* a simulated device was read; sticky */
	/*
	 * A new version of a plugin on trial beside the old one: it reads, but what it drives
	 * (LEDs, buzzer, fan, gpio outputs) stays as it is, and so does the configuration of what
	 * the running version uses. Its outputs are accepted and dropped; the modes, baud rates and
	 * state that it sets are kept apart until it takes over.
	 */
	bool is_candidate;
	bool has_trial_state; /* and it has used its state, which is kept apart meanwhile */
	uint64_t leds[8];     /* bit n: it set LED n; further ones are not remembered */
	bool has_sounded;     /* it played the buzzer last */
	char absent[96];      /* why the host gave NaN for a value; "" if it did not */
	uint64_t calls;
	uint64_t waited_ns; /* while its calls waited for a bus that others used; only grows */
	uint64_t denied;    /* calls that the grant refused */
	/* "i2c 0x40; add 0x40 to allow_i2c in door.permission.toml", or with ", which its owner
	 * keeps back"; "" if none */
	char last_denied[256];
	struct capability_denial denials[CAPABILITY_KINDS]; /* counts: set to 0 by the owner */
};

struct capability_call;

/*
 * The answer of a call. `value` is as in wire/value.h (NULL where the function has no result), and
 * is borrowed. Called exactly once for each call that was not abandoned, on the loop thread, maybe
 * before capability_dispatch() returns.
 */
typedef void capability_answer(void *arg, const cbor_item_t *value);

/*
 * The type of a function that can be imported, as guest/signature.h writes it; NULL: there is no
 * such function. `interface` without package: "i2c". For refusing a component at load.
 */
const char *capability_signature(const char *interface, const char *function);

/*
 * Start a call. `args`: an array, borrowed for the call of this function only. 0, or
 * ERROR_NOT_FOUND for an unknown function, ERROR_MALFORMED for arguments that do not fit the WIT
 * types (both mean that the guest lies: its owner kills it), and then no answer follows.
 * *ret_call: for capability_call_abandon() while the answer is out; NULL when it came already.
 */
int capability_dispatch(struct capability_client *client, const char *interface,
			const char *function, const cbor_item_t *args, capability_answer *answer,
			void *arg, struct capability_call **ret_call, struct error *err);

/*
 * No answer is wanted any more: `arg` and the client may go away. A transfer that has not begun
 * does not take place; one that is on the bus ends by itself.
 */
void capability_call_abandon(struct capability_call *call);

/*
 * How long a call that was not answered yet has waited for its bus, in ns: until now, or until its
 * transfer began. What it waited is added to the client's waited_ns when it is answered.
 */
uint64_t capability_call_waited_ns(const struct capability_call *call);

/*
 * The plugin's process is gone, its calls were abandoned before. Its gpio lines are let go, and
 * what it wanted of the fan and the buzzer ends. is_failure: the LEDs that it had set show a dim
 * fault colour, so that nobody believes an old one; otherwise they go dark.
 */
void capability_client_end(struct capability_client *client, bool is_failure);

/*
 * A version on trial takes over: from now on its outputs count, the state that it has set is kept,
 * and the modes and baud rates that it has set are applied. `failed` is called for each of these
 * that could not be, with a text for the log; on the loop thread, maybe later.
 */
typedef void capability_promotion_failed(const char *name, const char *text);
void capability_client_promote(struct capability_client *client,
			       capability_promotion_failed *failed);

/* A poll of this client ended: what it changed on the LED strip may be written (one transfer a
 * cycle). */
void capability_cycle_end(struct capability_host *host);

#endif
