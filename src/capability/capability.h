/*
 * Capabilities: the host functions that plugins can call. Each WIT interface ("i2c", "gpio", …) has
 * a file of its own. A function checks the grant and the arguments, then answers before it returns
 * or later.
 *
 * The caller of these functions is the broker's part for one plugin (plugin/process/host_call.c). A
 * call lives from capability_dispatch() to its answer. A function that has to wait for a bus puts a
 * job into that bus's work queue and answers when the job is done. If the plugin dies meanwhile,
 * the caller abandons the call, and the answer is dropped.
 *
 * Loop thread.
 */
#ifndef HARVESTER_CAPABILITY_CAPABILITY_H
#define HARVESTER_CAPABILITY_CAPABILITY_H

#include <cbor.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/permission.h"

struct error;

/* The devices of this node that capabilities use, shared by all plugins; see capability/host.h. */
struct capability_host;

/* Kinds of devices, to count denied calls by. */
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

/* The last denied call of one kind of device. */
struct capability_denial {
	char what[48]; /* "i2c 0x40" */
	/* "add 0x40 to allow_i2c in door.permission.toml"; "": the owner has withheld it */
	char advice[192];
	uint64_t count; /* denied calls of this kind; whoever reports them sets it to 0 */
};

/* A plugin's process, as the capabilities see it: its grant, and what it has done. */
struct capability_client {
	const char *name;		     /* borrowed: of the plugin */
	struct capability_host *host;	     /* borrowed */
	const struct permission *permission; /* borrowed: its grant */
	const struct permission *request;    /* borrowed; NULL: it requested nothing */
	const char *permission_file; /* borrowed: file name for advice; NULL: permission.toml */
	const json_t *settings;	     /* borrowed: a JSON object */
	size_t state_quota;	     /* bytes of keys and values that it may store; 0: none */
	/* What it has done; shown in the list of plugins and in readings: */
	bool touched_simulated; /* it used a simulated device; never reset */
	/*
	 * It is a candidate, tried beside the running version. It can read devices. Its outputs
	 * (LEDs, buzzer, fan, gpio) are accepted and dropped. The gpio modes, baud rates and state
	 * that it sets are stored apart, and applied when it takes over.
	 */
	bool is_candidate;
	bool has_candidate_state; /* it is a candidate, and state is stored apart for it */
	uint64_t leds[8];	  /* bit n: it set LED n; LEDs beyond that are not recorded */
	bool has_sounded;	  /* it has used the buzzer */
	/* Why a call last returned NaN in place of a value ("no CPU temperature here"); "": none
	 * did */
	char absent[96];
	uint64_t calls;
	uint64_t waited_ns; /* how long its calls waited for a busy bus, in total */
	uint64_t denied;    /* denied calls */
	/*
	 * The last denied call: "i2c 0x40; add 0x40 to allow_i2c in door.permission.toml", or
	 * "i2c 0x40, which the owner has withheld"; "": none
	 */
	char last_denied[256];
	struct capability_denial denials[CAPABILITY_KINDS]; /* the caller resets their counts */
};

struct capability_call;

/*
 * Called once with the answer of each call that was not abandoned, possibly before
 * capability_dispatch() returns. `value` (see wire/value.h) is borrowed; NULL if the function has
 * no result.
 */
typedef void capability_answer(void *arg, const cbor_item_t *value);

/*
 * The type of a host function in the form of guest/signature.h; NULL: there is no such function.
 * `interface` has no package: "i2c". The broker refuses a component whose imports differ.
 */
const char *capability_signature(const char *interface, const char *function);

/*
 * Start a call. `args` is an array, borrowed until this returns. *ret_call is the call, which ends
 * with its answer; NULL if the answer came already.
 * ERROR_NOT_FOUND for an unknown function and ERROR_MALFORMED for arguments that do not match the
 * WIT types: an honest guest sends neither, so the caller kills it. ERROR_NO_MEMORY. No answer
 * follows an error.
 */
int capability_dispatch(struct capability_client *client, const char *interface,
			const char *function, const cbor_item_t *args, capability_answer *on_answer,
			void *arg, struct capability_call **ret_call, struct error *err);

/*
 * Drop the answer of a call that has not been answered yet; `arg` and the client may then be freed.
 * A transfer on a bus that has not begun is cancelled; one that has begun runs to its end. A call
 * of the interface "state" always runs to its end, so a value that the plugin has set is stored
 * even if the plugin dies before the answer.
 */
void capability_call_abandon(struct capability_call *call);

/*
 * How long an unanswered call has waited for its bus, in ns: until now, or until its transfer
 * began. The answer adds this time to the client's waited_ns.
 */
uint64_t capability_call_waited_ns(const struct capability_call *call);

/*
 * Clean up after the plugin's process has ended; the caller has abandoned its calls before.
 * Releases its gpio lines, switches its fan and buzzer off, and turns off the LEDs that it set. If
 * is_failure is true they show a dim violet instead, so that nobody takes an old colour for a
 * current one.
 */
void capability_client_end(struct capability_client *client, bool is_failure);

/* Called, possibly later, for each setting of a candidate that could not be applied. `text`: for
 * the log. */
typedef void capability_promotion_failed(const char *name, const char *text);

/*
 * Let a candidate take over. Its later outputs reach the devices, its state replaces the running
 * version's, and the gpio modes and baud rates that it set are applied.
 */
void capability_client_promote(struct capability_client *client,
			       capability_promotion_failed *on_failed);

/*
 * Write the LEDs that have changed, with one transfer. For the end of a cycle, when all due polls
 * have ended.
 */
void capability_cycle_end(struct capability_host *host);

#endif
