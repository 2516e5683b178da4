/*
 * The devices behind the capabilities, with one work queue for each bus.
 *
 * All functions run on the loop thread.
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
 * Open what the configuration names on the backend. A device that is missing is not fatal: it is
 * said in `*ret_missing` (an array of texts, to be logged by the caller and dropped), and each call
 * that needs it gets the same text. `system_root`: "" or a folder that stands for / in tests.
 * All pointers are borrowed until the close callback.
 */
int capability_host_create(uv_loop_t *loop, const struct config *config, struct backend *backend,
			   struct clock *clock, const char *system_root,
			   struct capability_host **ret_host, json_t **ret_missing,
			   struct error *err);

/*
 * Where plugins' state is kept, as store/plugin_state/state.h says of its functions. All of them
 * run on the pool, one at a time.
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

/* How the state of a version on trial is kept apart: see store/plugin_state/state.h. */
struct capability_trial_ops {
	int (*begin)(struct capability_state_store *trial, const char *plugin, struct error *err);
	int (*keep)(struct capability_state_store *trial, const char *plugin, struct error *err);
	int (*drop)(struct capability_state_store *trial, const char *plugin, struct error *err);
};

/* The head of the owner's struct. */
struct capability_state_store {
	const struct capability_state_ops *ops;
	const struct capability_trial_ops *trial_ops; /* of the trial's store alone */
	struct capability_state_store *trial;	      /* borrowed; NULL: it keeps nothing apart */
};

/*
 * Keep plugins' state there; without this call their calls get an error. Once, before the first
 * plugin. The store is borrowed until the close callback. ERROR_NO_MEMORY.
 */
int capability_host_keep_state(struct capability_host *host, struct capability_state_store *store,
			       struct error *err);

/* Outputs go to their safe state; the memory ends in the callback. */
typedef void capability_host_closed(void *arg);
void capability_host_close(struct capability_host *host, capability_host_closed *closed, void *arg);

/* For the web's buttons; NULL where the machine has none. Borrowed. */
struct buzzer *capability_host_buzzer(struct capability_host *host);
struct fan *capability_host_fan(struct capability_host *host);
struct led_strip *capability_host_leds(struct capability_host *host);

/* [{"queue": "i2c", "length": n, "refused": n}, …]: jobs of each bus. New; NULL without memory. */
json_t *capability_host_queues(const struct capability_host *host);

#endif
