/*
 * The configuration: TOML text, checked and turned into one immutable struct.
 *
 * Every problem is found in one pass and reported with file:line:column, what was expected, and the
 * nearest known key. Nothing here opens a device or a socket.
 */
#ifndef HARVESTER_CONFIG_CONFIG_H
#define HARVESTER_CONFIG_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/permission.h"
#include "config/problem.h"

struct error;

#define CONFIG_FILE_SIZE_MAX (1 << 20)
#define CONFIG_PLUGINS_MAX 128
#define CONFIG_FAULTS_MAX 64
#define CONFIG_HOST_NAMES_MAX 16 /* of this node, in [http] */
#define CONFIG_DEVICES_MAX 16
#define CONFIG_PIN_NONE -1 /* no such device */

enum node_role { ROLE_STANDALONE, ROLE_HUB, ROLE_SPOKE };
enum backend_kind { BACKEND_LINUX, BACKEND_SIM, BACKEND_SAME /* only while it is read */ };

/* [plugins.NAME] */
struct config_plugin {
	char *name;
	unsigned line, column;	 /* where the file has NAME first, from 1 */
	bool enabled;		 /* default true */
	int led;		 /* index on the strip, -1: the plugin's own choice */
	double interval_seconds; /* 0: that of [polling] */
	double deadline_seconds; /* 0: that of [polling] */
	json_t *settings;	 /* [plugins.NAME.settings] as an object; never NULL */
	/*
	 * [plugins.NAME.grant]: the keys of permission.toml; each that is written narrows what the
	 * plugin asks for (lists: what stands in both; numbers: the smaller limit, the longer
	 * interval), and deny_i2c, deny_gpio, deny_spi, deny_uart beat all. Default: as asked.
	 */
	struct permission_rules grant;
};

/* [permissions]: for all plugins */
struct config_permissions {
	/*
	 * deny_i2c, deny_gpio, deny_spi, deny_uart (default none), max_memory_mb (8..512, default
	 * 512), max_deadline_seconds (0.05..3600, default 3600), max_state_kb (0..1024, default
	 * 1024), max_host_calls_per_poll (1..100000, default 100000), min_poll_interval_seconds
	 * (0.005..86400, default 0.005). First: see permission_read_deny_i2c().
	 */
	struct permission_rules rules;
	/* All guests together: 40..1048576; 0, the default: half of the machine's memory. */
	unsigned total_memory_mb;
	bool auto_approve;   /* default false: a plugin waits for `harvester plugin approve` */
	bool strict_imports; /* default false: a component is told of imports without a grant */
};

/* [[hardware.faults]]: a fault of a simulated device, at times counted from the start */
struct config_fault {
	char *device; /* "bme680", "dht22", "bh1750", "ssd1306", "leds", … */
	char *kind; /* one of simulation/fault.h: "no-acknowledge", "stuck-bus", "checksum", … */
	double start_seconds;	 /* key "start_seconds" */
	double duration_seconds; /* key "duration_seconds"; 0: for ever */
	double every_seconds;	 /* key "every_seconds"; 0: once */
};

struct config {
	char *path; /* as given; NULL for the built-in demonstration */
	struct {
		enum node_role role; /* default standalone */
		char *hub_url;	     /* NULL where absent, as all strings below unless said */
		char *node_id;	     /* default: the host's name, cleaned; never NULL */
		char *spoke_buzzer_url;
	} cluster;
	struct {
		double interval_seconds; /* 0.005..86400, default 10 */
		double deadline_seconds; /* 0.05..3600, default 10: longest time of one call */
	} polling;
	struct {
		int dht22_pin; /* default 4; CONFIG_PIN_NONE where [sensors.dht22] gpio_pin = -1 */
		uint16_t bme680_address; /* default 0x77 */
	} sensors;
	struct {
		unsigned count;	     /* 0..445, default 11 */
		int gpio_pin;	     /* default 18 */
		unsigned brightness; /* 0..255, default 64 */
		char *spi;	     /* default "spi0.0"; never NULL */
	} leds;
	struct {
		int gpio_pin;	       /* default 17 */
		bool active_low;       /* default true: a low level switches it on */
		double max_on_seconds; /* 0.1..60, default 5 */
	} buzzer;
	struct {
		int gpio_pin;		/* default 27 */
		double threshold_on;	/* °C, default 60 */
		double threshold_off;	/* °C, default 50; less than threshold_on */
		bool active_low;	/* default false */
		double min_off_seconds; /* 0..3600, default 0: stays off so long at least */
	} fan;
	struct {
		char *level; /* default "info"; never NULL; one of debug, info, warning, error */
		bool show_sensor_data; /* default true: log a line a reading */
		char *timezone;
	} logging;
	struct {
		enum backend_kind backend; /* default linux */
		/* Of each kind of bus; default: as `backend` */
		enum backend_kind i2c_backend, spi_backend, gpio_backend, uart_backend, w1_backend;
		char *gpio_chip;  /* label, name or number; NULL: found by label */
		unsigned i2c_bus; /* default 1, as in /dev/i2c-1 */
		uint64_t seed;	  /* of the simulation; default 1 */
		bool wire_time;	  /* simulated transfers take as long as real ones; default true */
		/* Extra devices of the simulation: "bme280", "mcp3008", …; static memory. */
		const char *devices[CONFIG_DEVICES_MAX];
		size_t devices_count;
		char *w1_root; /* where the kernel has its 1-wire devices; NULL: the usual place */
		struct config_fault *faults;
		size_t faults_count;
	} hardware;
	struct {
		char *listen; /* "ADDR:PORT", default "127.0.0.1:3000"; never NULL */
		char *host_names[CONFIG_HOST_NAMES_MAX + 1]; /* NULL at the end */
		bool public_read; /* default false: reading wants an account, if there is any */
		bool push_without_token; /* default false */
		char *tls_certificate;	 /* a file; both or neither of the two */
		char *tls_key;
	} http;
	struct {
		/* whose render() makes the page at /; default "dashboard"; never NULL */
		char *plugin;
		unsigned plugin_line, plugin_column; /* of the value; 0 where it is the default */
	} dashboard;
	struct {
		double commit_seconds;	   /* 0.1..3600, default 10 */
		unsigned keep_raw_days;	   /* 0..36500, default 14, as the next two */
		unsigned keep_minute_days; /* default 180; at least keep_raw_days */
		unsigned keep_hour_days;   /* default 3650 */
		unsigned max_mb;	   /* 8..1048576, default 512 */
	} history;
	struct config_permissions permissions;
	struct {
		/* As written, but below the folder of the file where relative; NULL: not said. */
		char *plugins, *data;
	} paths;
	struct {
		bool required; /* default true */
	} sandbox;
	struct config_plugin *plugins;
	size_t plugins_count;
};

/*
 * Read and check `path`. On problems: ERROR_MALFORMED (or the code of the read), all of them in
 * `problems`, *ret_config untouched. The caller owns *ret_config.
 */
int config_load(const char *path, struct config **ret_config, struct problem_list *problems);

/* The same from text; `name` stands for the path in problems. */
int config_parse(const char *text, size_t size, const char *name, struct config **ret_config,
		 struct problem_list *problems);

/* What `harvester run` starts without any configuration file: the simulated demonstration. */
int config_demonstration(struct config **ret_config);

/*
 * Each key that two configurations differ in, but those of [permissions] and [plugins]: its path,
 * and whether a running node takes it over.
 */
void config_compare(const struct config *running, const struct config *fresh,
		    void (*found)(void *arg, const char *path, bool reloads), void *arg);

/*
 * Give the running configuration what a node takes over of a fresh one: all of [polling],
 * [logging], [dashboard], [history], [permissions] and [plugins]. `fresh` has the old values then,
 * for config_destroy().
 */
void config_adopt(struct config *running, struct config *fresh);

void config_destroy(struct config *config); /* NULL is allowed */

/* The entry of a plugin, or NULL where the file says nothing about it. */
const struct config_plugin *config_find_plugin(const struct config *config, const char *name);

#endif
