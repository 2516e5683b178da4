/*
 * Capabilities: the functions of the node that plugins can call, such as reading an i2c device. A
 * plugin runs in a process of its own, the guest. The daemon itself is called the broker. In the
 * broker, plugin/host_call.c receives the guest's calls and passes them to capability_dispatch().
 *
 * The folder wit/ declares the functions, grouped into interfaces ("i2c", "gpio", …). Each
 * interface is implemented in one file of this folder. The implementation first checks whether the
 * plugin's grant covers the device, then whether the arguments are valid. If the grant does not
 * cover the device, the call is denied: it has no effect, its answer is an error if the function
 * can fail, and struct capability_client counts it.
 *
 * Some functions answer at once. A function that has to wait for a bus puts a job into the bus's
 * work queue, and answers when the job is done.
 *
 * Call all functions on the loop thread.
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

/* The devices of this node, shared by all plugins; see capability/host.h. */
struct capability_host;

/* Kinds of devices. Denied calls are counted by kind. */
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

/* The denied calls of one kind of device: how many, and the last one. */
struct capability_denial {
	char what[48]; /* "i2c 0x40" */
	/*
	 * What to do: "add 0x40 to allow_i2c in door.permission.toml". "" if the owner has withheld
	 * the device.
	 */
	char advice[192];
	uint64_t count; /* since the last log line about them */
};

/*
 * One version of a plugin, as the capabilities see it: its grant, and what it has done. struct
 * plugin (plugin/plugin.h) holds it, fills the first seven members, and sets `is_candidate`. The
 * other members begin as 0, and are changed by this folder. Only the counts in `denials` are set
 * back to 0 by struct plugin, when it has logged them.
 */
struct capability_client {
	const char *name;		     /* borrowed: the plugin's name */
	struct capability_host *host;	     /* borrowed */
	const struct permission *permission; /* borrowed: the plugin's grant */
	const struct permission *request;    /* borrowed; NULL: requests nothing */
	const char *permission_file; /* borrowed: the file's name; NULL: "permission.toml" */
	const json_t *settings;	     /* borrowed: a JSON object */
	/* Limit of what the plugin stores with the interface "state", in bytes; 0: no limit. */
	size_t state_quota;
	/* The version has used a simulated device, so its readings are marked as simulated. Never
	 * reset. */
	bool touched_simulated;
	/*
	 * This version is a candidate: a new version, tried beside the running one. A candidate can
	 * read devices and do i2c, spi and serial transfers. Commands to LEDs, buzzer, fan and gpio
	 * outputs succeed without an effect. The gpio modes, baud rates and state that a candidate
	 * sets are only noted here; capability_client_promote() applies them, and sets is_candidate
	 * to false.
	 */
	bool is_candidate;
	bool has_candidate_state; /* the candidate has state of its own */
	uint64_t leds[8];	  /* bit n: has set LED n; higher LEDs are not recorded */
	bool has_sounded;	  /* has used the buzzer */
	/*
	 * A call that has nothing to measure returns NaN. Here is the reason of the last such call,
	 * as "no CPU temperature here"; "": there was none.
	 */
	char absent[96];
	uint64_t calls;
	uint64_t waited_ns; /* total time that calls have waited for a bus */
	uint64_t denied;    /* denied calls */
	/*
	 * The last denied call of any kind, for the API: "i2c 0x40; add 0x40 to allow_i2c in
	 * door.permission.toml" or "i2c 0x40, which the owner has withheld". "": no call was
	 * denied.
	 */
	char last_denied[256];
	struct capability_denial denials[CAPABILITY_KINDS]; /* for the log */
};

struct capability_call;

/*
 * Called once with the answer of a call, unless the call was abandoned. The answer may come before
 * capability_dispatch() returns. `value` is borrowed, see wire/value.h; NULL if the function has no
 * result. A function that can fail has a WIT `result`, so an error is a value too.
 */
typedef void capability_answer(void *arg, const cbor_item_t *value);

/*
 * Returns the types of a function's parameters and result, as a short text whose form
 * guest/signature.h explains. `interface` is a name such as "i2c". NULL: there is no such function.
 */
const char *capability_signature(const char *interface, const char *function);

/*
 * Start a call. `args` is an array, borrowed until capability_dispatch() returns. If the answer is
 * still to come, *ret_call is the call, valid until its answer. If on_answer() was called already,
 * *ret_call is NULL. After an error, on_answer() is not called.
 * - ERROR_NOT_FOUND: there is no such function.
 * - ERROR_MALFORMED: the arguments do not match the function's WIT type.
 * - ERROR_NO_MEMORY.
 *
 * The program that we run in the guest checks each call first, so it never causes the first two
 * errors. A guest that causes one of them has been taken over by an attacker; the caller kills it.
 */
int capability_dispatch(struct capability_client *client, const char *interface,
			const char *function, const cbor_item_t *args, capability_answer *on_answer,
			void *arg, struct capability_call **ret_call, struct error *err);

/*
 * Abandon a call that has no answer yet: on_answer() will not be called, and `arg` and the client
 * may be freed. A transfer that has not begun is cancelled. A transfer that has begun runs to its
 * end, and so does each call of the interface "state": a value that a plugin has set is stored even
 * if the plugin dies.
 */
void capability_call_abandon(struct capability_call *call);

/*
 * How long a call that has no answer yet has waited for its bus, in ns: until its transfer began,
 * or until now. This time is not in the client's waited_ns yet: it is added with the answer, and
 * never if the call is abandoned.
 */
uint64_t capability_call_waited_ns(const struct capability_call *call);

/*
 * Clean up after the plugin's process has ended. Abandon all its calls first. The plugin's gpio
 * lines are released, and its fan, buzzer and LEDs are switched off. If the permission file
 * declares a safe state for a line or the fan, that state is set instead. If `is_failure` is true,
 * the LEDs show a dim violet, so that nobody takes an old colour for a current one. A candidate has
 * used no outputs; only what was noted for it is dropped.
 */
void capability_client_end(struct capability_client *client, bool is_failure);

/*
 * Called once for each gpio mode, baud rate or state value of a candidate that could not be
 * applied, during capability_client_promote() or later. `name` is the plugin's; `text` is for the
 * log.
 */
typedef void capability_promotion_failed(const char *name, const char *text);

/*
 * Make the candidate the running version. From now on its outputs reach the devices. The gpio
 * modes, baud rates and state that were noted for it are applied.
 */
void capability_client_promote(struct capability_client *client,
			       capability_promotion_failed *on_failed);

/*
 * Hand the outputs of the old version to the new one, `client`, without changing them. Outputs that
 * the new version is not granted are released or switched off, as by capability_client_end(). Call
 * it after capability_client_promote(), while no call of the old version runs. Afterwards `old` has
 * no outputs: do not let the old version make calls, and do not call capability_client_end() for
 * it. This function does not keep `old`.
 */
void capability_client_inherit(struct capability_client *client,
			       const struct capability_client *old);

/*
 * Write changed LEDs to the strip, in one transfer. Call at the end of a cycle, when all polls that
 * were due have ended.
 */
void capability_cycle_end(struct capability_host *host);

#endif
