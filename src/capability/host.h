/*
 * The capability host: the devices of this node that plugins can use, with a work queue for each
 * bus. The daemon creates one host from the configuration, and all plugins share it.
 *
 * Call all functions on the loop thread.
 */
#ifndef HARVESTER_CAPABILITY_HOST_H
#define HARVESTER_CAPABILITY_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct backend;
struct buzzer;
struct capability_host;
struct clock;
struct config;
struct error;
struct fan;
struct led_strip;

/*
 * Open the devices that the configuration names. A missing device is not an error: every call that
 * needs the device fails with the text that capability_host_missing() gives, and the host tries to
 * open the device again every 2 s. `system_root` is "", or in tests a folder that stands for /. All
 * pointers are borrowed until on_closed(). ERROR_NO_MEMORY.
 */
int capability_host_create(uv_loop_t *loop, const struct config *config, struct backend *backend,
			   struct clock *clock, const char *system_root,
			   struct capability_host **ret_host, struct error *err);

/* The backend that the devices come from. Borrowed until on_closed(). */
struct backend *capability_host_backend(const struct capability_host *host);

/*
 * A text for each device that is missing now. The caller releases the array with json_decref().
 * NULL if memory runs out.
 */
json_t *capability_host_missing(const struct capability_host *host);

/* A device that was missing is open. `device` is a name for people, such as "the i2c bus". */
typedef void capability_host_found(void *arg, const char *device);

/* Call on_found(arg) from now on. `arg` is borrowed until the close callback. */
void capability_host_watch(struct capability_host *host, capability_host_found *on_found,
			   void *arg);

/* A plugin set LED `led` to a colour (0xrrggbb), or sounded the buzzer (`led` -1). */
typedef void capability_host_output(void *arg, const char *plugin, int led, uint32_t color);

/* Call on_output(arg, …) from now on, also if an LED had that colour already. It may not call the
 * host. `arg` is borrowed until the close callback. */
void capability_host_watch_outputs(struct capability_host *host, capability_host_output *on_output,
				   void *arg);

/*
 * Where plugins store their state. store/plugin_state/state.h describes these functions. They
 * block, so they are called on the state's work queue, one at a time.
 */
struct capability_state_store;

struct capability_state_ops {
	int (*get)(struct capability_state_store *store, const char *plugin, const char *key,
		   uint8_t **ret_value, size_t *ret_size, struct error *err);
	int (*set)(struct capability_state_store *store, const char *plugin, const char *key,
		   const uint8_t *value, size_t size, size_t quota, struct error *err);
	int (*remove)(struct capability_state_store *store, const char *plugin, const char *key,
		      struct error *err);
	int (*keys)(struct capability_state_store *store, const char *plugin, json_t **ret_keys,
		    struct error *err);
};

/* The state of a candidate, stored apart from its running version's: see
 * store/plugin_state/state.h. */
struct capability_candidate_ops {
	int (*begin)(struct capability_state_store *candidate, const char *plugin,
		     struct error *err);
	int (*keep)(struct capability_state_store *candidate, const char *plugin,
		    struct error *err);
	int (*drop)(struct capability_state_store *candidate, const char *plugin,
		    struct error *err);
};

/* The first member of each implementation's own struct. */
struct capability_state_store {
	const struct capability_state_ops *ops;
	/* Only in the store that `candidate` points to. */
	const struct capability_candidate_ops *candidate_ops;
	struct capability_state_store *candidate; /* borrowed; for candidates; NULL: this one */
};

/*
 * Set the store of plugins' state. Call at most once, before the first plugin starts. Without a
 * store, all calls of the interface "state" fail. The store is borrowed until on_closed().
 * ERROR_NO_MEMORY.
 */
int capability_host_keep_state(struct capability_host *host, struct capability_state_store *store,
			       struct error *err);

typedef void capability_host_closed(void *arg);

/*
 * Switch all outputs off, close the devices and free the host. When nothing uses the borrowed
 * pointers any more, call on_closed(arg), on a later turn of the loop. `host` and `on_closed` may
 * be NULL.
 */
void capability_host_close(struct capability_host *host, capability_host_closed *on_closed,
			   void *arg);

/* The devices behind the buttons on the page. Borrowed; NULL: the node has no such device. */
struct buzzer *capability_host_buzzer(struct capability_host *host);
struct fan *capability_host_fan(struct capability_host *host);
struct led_strip *capability_host_leds(struct capability_host *host);

/*
 * The work queue of each bus: [{"queue": "i2c", "length": n, "refused": n}, …], where "length" and
 * "refused" count jobs. The caller owns the array; NULL: out of memory.
 */
json_t *capability_host_queues(const struct capability_host *host);

#endif
