/*
 * The capability host: the devices of this node that capabilities use, with one work queue for each
 * bus. The daemon creates one from the configuration; all plugins share it.
 *
 * Loop thread.
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
 * Open the devices that the configuration names. A missing device is not an error: *ret_missing has
 * a text for each one, and every call that needs the device fails with the same text. The caller
 * logs *ret_missing (a JSON array of texts) and releases it with json_decref(). `system_root` is
 * "", or a folder that stands for / in tests. All pointers are borrowed until the close callback.
 * ERROR_NO_MEMORY.
 */
int capability_host_create(uv_loop_t *loop, const struct config *config, struct backend *backend,
			   struct clock *clock, const char *system_root,
			   struct capability_host **ret_host, json_t **ret_missing,
			   struct error *err);

/*
 * Where plugins store their state. The functions are those of store/plugin_state/state.h, with the
 * same contracts. They block, and are called on the state's work queue, one at a time.
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
 * Set the store for plugins' state. Call at most once, before the first plugin starts; without it,
 * calls of `state` fail. The store is borrowed until the close callback. ERROR_NO_MEMORY.
 */
int capability_host_keep_state(struct capability_host *host, struct capability_state_store *store,
			       struct error *err);

typedef void capability_host_closed(void *arg);

/*
 * Switch all outputs off, close the devices and free the host. Calls on_closed(arg) in a later turn
 * of the loop, when nothing uses the borrowed pointers any more. `host` and `on_closed` may be
 * NULL.
 */
void capability_host_close(struct capability_host *host, capability_host_closed *on_closed,
			   void *arg);

/* For the buttons on the page. Borrowed; NULL if the node has no such device. */
struct buzzer *capability_host_buzzer(struct capability_host *host);
struct fan *capability_host_fan(struct capability_host *host);
struct led_strip *capability_host_leds(struct capability_host *host);

/*
 * The jobs of each bus: [{"queue": "i2c", "length": n, "refused": n}, …]. The caller releases it
 * with json_decref(). NULL if memory runs out.
 */
json_t *capability_host_queues(const struct capability_host *host);

#endif
