/*
 * The node's configuration: reads a TOML file, checks it and fills one struct.
 *
 * One pass finds every problem and reports it as file:line:column with the expected value and the
 * nearest known key. Opens no device and no socket. docs/KEYS.md lists the keys.
 */
#ifndef HARVESTER_CONFIG_CONFIG_H
#define HARVESTER_CONFIG_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/alert.h"
#include "config/filter.h"
#include "config/influx.h"
#include "config/mqtt.h"
#include "config/permission.h"
#include "config/problem.h"

struct error;

#define CONFIG_FILE_SIZE_MAX (1 << 20)
#define CONFIG_PLUGINS_MAX 128
#define CONFIG_FAULTS_MAX 64
#define CONFIG_HOST_NAMES_MAX 16   /* [http] host_names */
#define CONFIG_URLS_MAX 8	   /* [cluster] urls */
#define CONFIG_TRUSTED_KEYS_MAX 16 /* [updates] trusted_keys */
#define CONFIG_KEY_NAMES_MAX 64	   /* plugins that one of them may sign */
#define CONFIG_DEVICES_MAX 16	   /* [hardware] devices */
#define CONFIG_SENSORS_MAX 1024	   /* [sensors.ID]: as many as the table of readings has */
#define CONFIG_FIELDS_MAX 64	   /* [sensors.ID.fields.FIELD] of one sensor */
#define CONFIG_NOT_SET -1
#define CONFIG_PIN_NONE -1 /* the node has no such device */

enum node_role { ROLE_STANDALONE, ROLE_HUB, ROLE_SPOKE };
/*
 * How the code of plugins runs: compiled for this machine's processor, or as wasmtime's portable
 * bytecode, which an interpreter runs and for which no memory has to be executable.
 */
enum engine_target { ENGINE_NATIVE, ENGINE_PULLEY64 };
enum cluster_engine { CLUSTER_ENGINE_NONE, CLUSTER_ENGINE_NATS };
enum backend_kind { BACKEND_LINUX, BACKEND_SIM, BACKEND_SAME /* only while the file is read */ };

/* [plugins.NAME] */
struct config_plugin {
	char *name;
	unsigned line, column;	 /* first place of NAME in the file, counted from 1 */
	bool enabled;		 /* default true */
	int led;		 /* index on the strip; -1: the plugin chooses */
	double interval_seconds; /* 0: that of [polling] */
	double deadline_seconds; /* 0: that of [polling] */
	json_t *settings;	 /* owned: [plugins.NAME.settings] as an object; never NULL */
	/*
	 * [plugins.NAME.grant]: the keys of permission.toml. A key that is present narrows the
	 * plugin's request: of a list, the entries that are in both; of a number, the smaller limit
	 * or the longer interval. deny_i2c, deny_gpio, deny_spi and deny_uart take precedence over
	 * all. Default: narrows nothing.
	 */
	struct permission_rules grant;
};

/* [sensors.ID.fields.FIELD]: a string that is absent is NULL */
struct config_field {
	char *name;	  /* FIELD */
	char *label;	  /* `name`: shown in its place */
	char *unit;	  /* of the values after the filters; takes precedence over the plugin's */
	char *quantity;	  /* likewise */
	char *shown_unit; /* in which the page and the terminal show the values */
	int decimals;	  /* 0..6; CONFIG_NOT_SET: those of the plugin */
	struct filter filters[FILTERS_MAX];
	size_t filters_count;
	bool keep_raw; /* default false: true adds the unfiltered value as FIELD_raw */
};

/* [sensors.ID]: the owner's decisions about one sensor */
struct config_sensor {
	char *id;	       /* "SENSOR" of this node, or "NODE:SENSOR" */
	unsigned line, column; /* first place of ID in the file, counted from 1 */
	char *name, *room;     /* NULL: absent */
	int order;	       /* 0..9999; CONFIG_NOT_SET: absent */
	bool hidden;	       /* default false */
	char *main_field;      /* `main`: the field that is shown large; NULL: absent */
	struct config_field *fields;
	size_t fields_count;
};

/* [permissions]: for all plugins */
struct config_permissions {
	/*
	 * deny_i2c, deny_gpio, deny_spi, deny_uart (default none), max_memory_mb (8..512, default
	 * 512), max_deadline_seconds (0.05..3600, default 3600), max_state_kb (0..1024, default
	 * 1024), max_host_calls_per_poll (1..100000, default 100000), min_poll_interval_seconds
	 * (0.005..86400, default 0.005). Must be the first member: see permission_read_deny_i2c().
	 */
	struct permission_rules rules;
	/* Of all guests together: 40..1048576; 0, the default: half of the machine's memory. */
	unsigned total_memory_mb;
	bool auto_approve;   /* default false: a plugin waits for `harvester plugin approve` */
	bool strict_imports; /* default false: calls to imports without a grant are denied */
};

/* [[hardware.faults]]: a fault of a simulated device; times count from the start of the node */
struct config_fault {
	char *device; /* "bme680", "dht22", "bh1750", "ssd1306", "leds", … */
	char *kind; /* one of simulation/chip/fault.h: "no-acknowledge", "stuck-bus", "checksum", …
		     */
	double start_seconds;
	double duration_seconds; /* 0: for ever */
	double every_seconds;	 /* 0: once */
};

/* An entry of [updates] trusted_keys */
struct config_trusted_key {
	/* The path of a public key of minisign, or its base64 text: config_key_is_text(). */
	char *key;
	char *names[CONFIG_KEY_NAMES_MAX + 1]; /* what it may sign; ends with NULL; empty: all */
};

struct config {
	char *path; /* as the caller passed it; NULL for the built-in demonstration */
	struct {
		enum node_role role; /* default standalone */
		char *hub_url; /* NULL if absent, like each string below that has no default */
		char *node_id; /* default: the machine's host name, cleaned; never NULL */
		char *spoke_buzzer_url;
		enum cluster_engine engine; /* default none; not with the role spoke */
		char *name;		    /* of the cluster, default "harvester"; never NULL */
		/* Of its servers; ends with NULL. Empty: "nats://127.0.0.1:4222" */
		char *urls[CONFIG_URLS_MAX + 1];
		char *tls_ca, *tls_certificate, *tls_key; /* paths; all of them or none */
		char *credentials;			  /* path */
		unsigned replicas;			  /* 1, 3 or 5; default 1 */
		uint64_t voters_ms; /* since when; 0: no key, only `cluster voters` sets it */
		unsigned log_days;  /* 1..365, default 7 */
		unsigned log_mb;    /* 16..1048576, default 256 */
	} cluster;
	struct {
		double interval_seconds; /* 0.005..86400, default 10 */
		double deadline_seconds; /* 0.05..3600, default 10: for one call of a plugin */
	} polling;
	struct {
		int dht22_pin;		    /* [sensors.dht22] gpio_pin; default 4 */
		uint16_t bme680_address;    /* default 0x77 */
		struct config_sensor *list; /* [sensors.ID] */
		size_t count;
	} sensors;
	struct {
		unsigned count;	     /* 0..445, default 11 */
		int gpio_pin;	     /* default 18 */
		unsigned brightness; /* 0..255, default 64 */
		char *spi;	     /* default "spi0.0"; never NULL */
	} leds;
	struct {
		int gpio_pin;	       /* default 17 */
		bool active_low;       /* default true: a low level switches the buzzer on */
		double max_on_seconds; /* 0.1..60, default 5 */
	} buzzer;
	struct {
		int gpio_pin;		/* default 27 */
		double threshold_on;	/* °C, default 60 */
		double threshold_off;	/* °C, default 50; less than threshold_on */
		bool active_low;	/* default false */
		double min_off_seconds; /* 0..3600, default 0: shortest pause of the fan */
	} fan;
	struct {
		char *level; /* default "info"; never NULL; one of debug, info, warning, error */
		bool show_sensor_data; /* default true: log a line for each reading */
		char *timezone;
	} logging;
	struct {
		enum backend_kind backend; /* default linux */
		/* For one kind of bus each; default: `backend` */
		enum backend_kind i2c_backend, spi_backend, gpio_backend, uart_backend, w1_backend;
		char *gpio_chip;  /* label, name or number; NULL: detect it by known labels */
		unsigned i2c_bus; /* default 1, as in /dev/i2c-1 */
		uint64_t seed;	  /* of the simulation; default 1 */
		bool wire_time;	  /* simulated transfers take as long as real ones; default true */
		/* Additional simulated devices: "bme280", "mcp3008", …; static memory. */
		const char *devices[CONFIG_DEVICES_MAX];
		size_t devices_count;
		char *w1_root; /* folder of the kernel's 1-wire devices; NULL: the usual one */
		struct config_fault *faults;
		size_t faults_count;
	} hardware;
	struct {
		char *listen; /* "ADDR:PORT", default "127.0.0.1:3000"; never NULL */
		char *host_names[CONFIG_HOST_NAMES_MAX + 1]; /* ends with NULL */
		bool public_read;	 /* default false: with accounts, reading needs one too */
		bool push_without_token; /* default false */
		unsigned connections_per_address; /* 4..8192, default 64 */
		char *tls_certificate;		  /* path of a file; set with tls_key, or neither */
		char *tls_key;			  /* path of a file */
	} http;
	struct {
		/* The plugin whose render() makes the page at /; default "dashboard"; never NULL */
		char *plugin;
		unsigned plugin_line, plugin_column; /* of the value in the file; 0 if absent */
	} dashboard;
	struct {
		double commit_seconds;	   /* 0.1..3600, default 10 */
		unsigned keep_raw_days;	   /* 0..36500, default 14 */
		unsigned keep_minute_days; /* 0..36500, default 180; at least keep_raw_days */
		unsigned keep_hour_days;   /* 0..36500, default 3650 */
		unsigned max_mb;	   /* 8..1048576, default 512 */
	} history;
	struct config_alerting alerting;
	struct config_mqtt mqtt;
	struct config_influx influx;
	struct config_permissions permissions;
	struct {
		/* Relative paths are joined to the configuration file's folder. NULL if absent. */
		char *plugins, *data;
	} paths;
	struct {
		bool required; /* default true */
	} sandbox;
	struct {
		enum engine_target target; /* default ENGINE_NATIVE */
	} engine;
	struct {
		struct config_trusted_key trusted_keys[CONFIG_TRUSTED_KEYS_MAX];
		size_t trusted_keys_count;
		bool require_signature;	     /* default true */
		unsigned probation_polls;    /* 1..10000, default 10 */
		unsigned probation_failures; /* 1..10000, default 3 */
		char *index; /* where bundles are found by name: a URL, or a folder; NULL if absent
			      */
		bool from_hub;		/* install what the hub rolls out; default true */
		unsigned transfers_max; /* of a hub: 1..64, default 4 */
	} updates;
	struct config_plugin *plugins;
	size_t plugins_count;
};

/*
 * Read and check the file `path`. The caller frees *ret_config with config_destroy().
 * ERROR_MALFORMED if the content has problems, ERROR_NOT_FOUND, ERROR_TOO_LARGE, ERROR_INVALID if
 * it is not a regular file, ERROR_SYSTEM, ERROR_NO_MEMORY. Each problem is added to `problems`.
 */
int config_load(const char *path, struct config **ret_config, struct problem_list *problems);

/* The same from text; `name` is the path that problems show. */
int config_parse(const char *text, size_t size, const char *name, struct config **ret_config,
		 struct problem_list *problems);

/* The built-in simulated demonstration (config/demo.toml), which `harvester run` starts if there is
 * no configuration file. The caller frees *ret_config with config_destroy(). */
int config_demonstration(struct config **ret_config);

/*
 * Call on_found(arg, path, reloads) for each key with different values, except those of
 * [permissions] and [plugins]. `reloads`: the new value applies without a restart.
 */
void config_compare(const struct config *running, const struct config *fresh,
		    void (*on_found)(void *arg, const char *path, bool reloads), void *arg);

/*
 * Exchange the sections that a running node can reload between the two configurations: [polling],
 * [logging], [dashboard], [history], [permissions], [updates], [plugins], [alerting], [[alert]],
 * [[notify]] and the owner's decisions about sensors, [sensors.ID]. `fresh` then holds the old
 * values; the caller frees it with config_destroy().
 */
void config_adopt(struct config *running, struct config *fresh);

void config_destroy(struct config *config); /* NULL is allowed */

/* "standalone", "hub" or "spoke", as in the configuration. Static memory. */
const char *config_role_name(enum node_role role);

/* What wasmtime calls the target, as in the configuration. Static memory; NULL: this machine. */
const char *config_engine_target(enum engine_target target);

/*
 * The section of this sensor, borrowed: [sensors."NODE:SENSOR"], or else [sensors.SENSOR] if `node`
 * is this node. NULL if the file has none.
 */
const struct config_sensor *config_find_sensor(const struct config *config, const char *node,
					       const char *sensor);

/* The section of a field of this sensor, borrowed; NULL if the file has none. `sensor` may be NULL.
 */
const struct config_field *config_find_field(const struct config_sensor *sensor, const char *field);

/* Whether [updates] index is a URL, and not a path. */
bool config_index_is_url(const char *index);

/* Whether `key` is the base64 text of a public key, and not a path. */
bool config_key_is_text(const char *key);

/* The section [plugins.NAME], borrowed; NULL if the file has none. */
const struct config_plugin *config_find_plugin(const struct config *config, const char *name);

#endif
