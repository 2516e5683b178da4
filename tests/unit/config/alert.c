#include "config/alert.h"

#include <stdlib.h>

#include "parse.h"

#define CHANNEL                                                                                    \
	"[alerting]\nallowed_hosts = [\"ntfy.example.org\"]\n"                                     \
	"[[notify]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = \"https://ntfy.example.org/\"\n"     \
	"topic = \"home\"\n"

static void test_all_keys(void **state)
{
	struct config *config = parse(
		CHANNEL "[[alert]]\nname = \"hot\"\nnode = \"pi*\"\nsensor = \"dht22\"\n"
			"room = \"Ground *\"\n"
			"field = \"temperature\"\nabove = 30\nhysteresis = 1.5\nfor_seconds = 60\n"
			"severity = \"critical\"\nquiet_hours = [\"22:00\", \"07:30\"]\n"
			"notify = [\"phone\"]\nbuzzer = \"triple\"\nled = 3\ncolor = \"#00ff7f\"\n"
			"fan = true\nmessage = \"{name} is {value}{unit} in {room}\"\n");
	const struct config_alert *alert = &config->alerting.alerts[0];

	(void)state;
	assert_int_equal(config->alerting.alerts_count, 1);
	assert_string_equal(alert->name, "hot");
	assert_string_equal(alert->sensor, "dht22");
	assert_string_equal(alert->room, "Ground *");
	assert_int_equal(alert->condition, CONDITION_ABOVE);
	assert_float_equal(alert->limit, 30, 0);
	assert_int_equal(alert->severity, SEVERITY_CRITICAL);
	assert_int_equal(alert->quiet.from, 22 * 60);
	assert_int_equal(alert->quiet.to, 7 * 60 + 30);
	assert_string_equal(alert->notify[0], "phone");
	assert_int_equal(alert->buzzer, SOUND_TRIPLE);
	assert_int_equal(alert->color, 0x00ff7f);
	assert_int_equal(alert->line, 8);
	config_destroy(config);
}

/* Each combination that says nothing, or two things, with its place. */
static void test_contradictions(void **state)
{
	(void)state;
	refuse("[[alert]]\nname = \"a\"\n",
	       "c.toml:1:1: alert a: give one condition: above, below, outside, equal, "
	       "stale_seconds or error\n");
	refuse("[[alert]]\nname = \"a\"\nabove = 1\nbelow = 0\nfield = \"t\"\n",
	       "c.toml:1:1: alert a: give one condition: above, below, outside, equal, "
	       "stale_seconds or error\n");
	refuse("[[alert]]\nabove = 1\nfield = \"t\"\n",
	       "c.toml:1:1: alert: an alert needs a name\n");
	refuse("[[alert]]\nname = \"a\"\nabove = 1\n",
	       "c.toml:1:1: alert a: give the field whose value is compared, such as field = "
	       "\"temperature\"\n");
	refuse("[[alert]]\nname = \"a\"\nerror = true\nfield = \"t\"\n",
	       "c.toml:1:1: alert a: remove `field`: stale_seconds and error concern the whole "
	       "reading\n");
	refuse("[[alert]]\nname = \"a\"\noutside = [1, 2]\nhysteresis = 0.5\nfield = \"t\"\n",
	       "c.toml:1:1: alert a: make `hysteresis` smaller than half of the range of "
	       "`outside`, or the alert never ends\n");
	refuse("[[alert]]\nname = \"a\"\nwatch = \"node\"\nroom = \"Hall\"\n",
	       "c.toml:1:1: alert a: remove `room`: it goes with watch = \"sensor\"\n");
	refuse("[[alert]]\nname = \"a\"\nwatch = \"node\"\nabove = 3\n",
	       "c.toml:1:1: alert a: with watch = \"node\", \"plugin\" or \"rollout\" remove the "
	       "condition: the alert is about nodes that are offline, plugins that failed, or "
	       "roll-outs that are paused\n");
	refuse("[[alert]]\nname = \"a\"\nwatch = \"rollout\"\nerror = true\n",
	       "c.toml:1:1: alert a: with watch = \"node\", \"plugin\" or \"rollout\" remove the "
	       "condition: the alert is about nodes that are offline, plugins that failed, or "
	       "roll-outs that are paused\n");
}

static void test_wrong_values(void **state)
{
	(void)state;
	refuse("[[alert]]\nname = \"a\"\nfield = \"t\"\noutside = [2, 2]\n",
	       "c.toml:4:11: alert.outside: expected the lowest and the highest good value, such "
	       "as [18, 24], found an array\n");
	refuse("[[alert]]\nname = \"a\"\nfield = \"t\"\nabove = nan\n",
	       "c.toml:4:9: alert.above: expected a number from -1e+15 to 1e+15, found the number "
	       "nan\n");
	refuse("[alerting]\nquiet_hours = [\"24:00\", \"07:00\"]\n",
	       "c.toml:2:15: alerting.quiet_hours: expected two times of the day, such as "
	       "[\"22:00\", \"07:00\"], or [] for none, found an array\n");
	refuse("[[alert]]\nname = \"a\"\nfield = \"t\"\nabove = 1\nmessage = \"{nme}\"\n",
	       "c.toml:5:1: alert.message: {nme} names no value: use {alert} {state} {severity} "
	       "{name} {sensor} {node} {field} {value} {unit} {room} {limit} {time}, or {{ for the "
	       "character {\n");
	refuse("[[alert]]\nname = \"a\"\nfield = \"t\"\nabove = 1\nnotify = [\"fone\"]\n",
	       "c.toml:5:1: alert.notify: there is no [[notify]] with the name \"fone\": add it\n");
	refuse("[[alert]]\nname = \"a\"\nerror = true\n[[alert]]\nname = \"a\"\nerror = true\n",
	       "c.toml:4:1: alert: the name \"a\" is used twice: give one of the two another "
	       "name\n");
}

static void refuse_url(const char *url, const char *why)
{
	char text[512], expected[512];

	snprintf(text, sizeof(text),
		 "[alerting]\nallowed_hosts = [\"a.org\", \"10.0.0.1\"]\n[[notify]]\nname = \"n\"\n"
		 "kind = \"apprise\"\nurl = \"%s\"\n",
		 url);
	snprintf(expected, sizeof(expected), "c.toml:6:1: notify.url \"%s\": %s\n", url, why);
	refuse(text, expected);
}

static void test_urls(void **state)
{
	(void)state;
	refuse_url("http://a.org/",
		   "use https://: http:// is allowed for this machine itself only");
	refuse_url("http://10.0.0.1/",
		   "use https://: http:// is allowed for this machine itself only");
	refuse_url("https://b.org/", "add the host name to allowed_hosts under [alerting]");
	refuse_url("https://127.0.0.1/", "add the host name to allowed_hosts under [alerting]");
	refuse_url("https://a.org.b.org/", "add the host name to allowed_hosts under [alerting]");
	refuse_url("https://a.org@b.org/",
		   "put no user name or password into it; use username and secret_file");
	refuse_url("file:///etc/passwd", "it has no host");
	refuse_url("gopher://a.org/",
		   "begin it with https://, or with http:// for this machine itself");
	refuse_url("smtps://a.org/",
		   "begin it with https://, or with http:// for this machine itself");
}

static void test_channels_need_their_keys(void **state)
{
	(void)state;
	refuse("[[notify]]\nname = \"n\"\nkind = \"ntfy\"\n",
	       "c.toml:1:1: notify: a channel needs name, kind and url\n");
	refuse("[alerting]\nallowed_hosts = [\"a.org\"]\n[[notify]]\nname = \"n\"\n"
	       "kind = \"webhook\"\nurl = \"https://a.org/\"\n",
	       "c.toml:3:1: notify: a webhook needs a secret_file, with whose secret its messages "
	       "are signed\n");
}

static json_t *round_trip(const char *text)
{
	json_t *json = json_loads(text, 0, NULL), *again;
	struct config_alert alert;
	struct error err = {0};

	if (config_alert_from_json(json, &alert, &err))
		fail_msg("%s", err.text);
	json_decref(json);
	again = config_alert_to_json(&alert);
	config_alert_finish(&alert);
	return again;
}

static void test_json(void **state)
{
	const char *text = "{\"name\": \"a\", \"watch\": \"sensor\", \"severity\": \"info\", "
			   "\"sensor\": \"x*\", \"field\": \"t\", \"outside\": [1.0, 9.0], "
			   "\"hysteresis\": 2.5, \"for_seconds\": 5.0, "
			   "\"quiet_hours\": [\"22:00\", \"07:00\"], \"notify\": [\"p\"], "
			   "\"buzzer\": \"long\", \"led\": 2, \"color\": \"#0000ff\", "
			   "\"fan\": true, \"message\": \"{value}\"}";
	json_t *wanted = json_loads(text, 0, NULL), *got = round_trip(text);

	(void)state;
	if (!json_equal(wanted, got))
		fail_msg("%s", json_dumps(got, 0));
	json_decref(wanted);
	json_decref(got);
}

static void test_wrong_json(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"{\"name\": \"a\", \"above\": 3, \"feld\": \"t\"}",
		 "unknown key alert.feld, did you mean field?"},
		{"{\"name\": null, \"error\": true}",
		 "alert.name: null is not allowed: leave the key out"},
		{"{\"name\": \"a\", \"error\": 3}",
		 "alert.error: expected true or false, found the integer 3"},
		{"[1]", "alert: expected a table, found an array"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *json = json_loads(cases[i].text, 0, NULL);
		struct config_alert alert;
		struct error err = {0};
		int ret = config_alert_from_json(json, &alert, &err);

		json_decref(json);
		assert_int_equal(ret, ERROR_MALFORMED);
		assert_string_equal(err.text, cases[i].problem);
	}
}

static void test_limits(void **state)
{
	size_t size = 64 * (CONFIG_ALERTS_MAX + 1) + 1;
	char *text = malloc(size);
	size_t used = 0;
	struct config *config;

	(void)state;
	for (int i = 0; i < CONFIG_ALERTS_MAX; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "[[alert]]\nname = \"a%d\"\nerror = true\n", i);
	config = parse(text);
	assert_int_equal(config->alerting.alerts_count, CONFIG_ALERTS_MAX);
	config_destroy(config);
	snprintf(text + used, size - used, "[[alert]]\nname = \"b\"\nerror = true\n");
	refuse(text, "c.toml:385:1: alert: more than 128 alerts: remove some\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_channels_need_their_keys),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_wrong_json),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
