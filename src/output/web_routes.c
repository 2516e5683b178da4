#include "output/web_internal.h"

const struct web_parameter web_no_parameters[] = {{0}};

/* Those of contract.md's section 3 come first; /api/readings is asked for most. */
const struct web_route web_routes[] = {
	{"GET", "/api/readings", web_get_readings, NULL, NULL},
	{"GET", "/", web_get_page, NULL, NULL},
	{"GET", "/api/logs", web_get_logs, NULL, NULL},
	{"POST", "/api/buzzer", web_post_buzzer, NULL, NULL},
	{"POST", "/api/buzzer/test", web_post_buzzer_test, NULL, NULL},
	{"GET", "/api/fan/status", web_get_fan, NULL, NULL},
	{"POST", "/api/fan/test", web_post_fan_test, NULL, NULL},
	{"GET", "/api/v1/events", web_get_events, web_no_parameters, NULL},
	{"GET", "/api/v1/plugins", web_get_plugins, web_no_parameters, NULL},
	{"GET", "/api/v1/simulation", web_get_simulation, web_no_parameters, NULL},
	{"GET", "/healthz", web_get_health, NULL, NULL},
};

const size_t web_routes_count = sizeof(web_routes) / sizeof(*web_routes);
