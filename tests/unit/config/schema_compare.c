/* What a running node takes over of a changed configuration: schema, config_adopt() and document
 * agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "config/config.h"
#include "config/config_keys.h"

/* A value for at least one key of each section, other than its default. */
static const struct {
	const char *section, *text;
} others[] = {
	{"cluster", "[cluster]\nnode_id = \"other\"\n"},
	{"polling", "[polling]\ninterval_seconds = 77\n"},
	{"sensors", "[sensors.dht22]\ngpio_pin = 5\n"},
	{"leds", "[leds]\nspi = \"spi1.0\"\n"},
	{"buzzer", "[buzzer]\nactive_low = false\n"},
	{"fan", "[fan]\nthreshold_on = 70.5\n"},
	{"logging", "[logging]\nlevel = \"debug\"\n"},
	{"hardware", "[hardware]\nseed = 5\ndevices = [\"bme280\"]\n"
		     "[[hardware.faults]]\ndevice = \"leds\"\nkind = \"unplugged\"\n"},
	{"http", "[http]\nlisten = \"127.0.0.1:1\"\n"},
	{"dashboard", "[dashboard]\nplugin = \"other\"\n"},
	{"history", "[history]\nkeep_raw_days = 3\n"},
	{"permissions", "[permissions]\nauto_approve = true\n"},
	{"paths", "[paths]\ndata = \"/other\"\n"},
	{"sandbox", "[sandbox]\nrequired = false\n"},
	{"engine", "[engine]\ntarget = \"pulley64\"\n"},
	{"plugins", "[plugins.one]\nled = 3\n"},
	{"alerting", "[alerting]\nallowed_hosts = [\"localhost\"]\n"},
	{"notify", "[alerting]\nallowed_hosts = [\"localhost\"]\n[[notify]]\nname = \"n\"\n"
		   "kind = \"apprise\"\nurl = \"http://localhost/\"\n"},
	{"influx", "[influx]\nurl = \"http://localhost\"\n"},
	{"mqtt", "[mqtt]\nurl = \"mqtt://localhost\"\n"},
	{"updates", "[updates]\nprobation_polls = 3\n"},
	{"alert", "[[alert]]\nname = \"a\"\nerror = true\n"},
};

#define OTHERS (sizeof(others) / sizeof(*others))

struct differences {
	unsigned count, live;
	char last[SCHEMA_PATH_SIZE];
};

static void count(void *arg, const char *path, bool reloads)
{
	struct differences *differences = arg;

	differences->count++;
	differences->live += reloads;
	snprintf(differences->last, sizeof(differences->last), "%s", path);
}

static struct differences compare(const struct config *a, const struct config *b)
{
	struct differences differences = {0};

	config_compare(a, b, count, &differences);
	return differences;
}

static struct config *parse(const char *text)
{
	struct problem_list problems;
	struct config *config = NULL;

	problem_list_init(&problems);
	assert_int_equal(config_parse(text, strlen(text), "c.toml", &config, &problems), 0);
	problem_list_finish(&problems);
	return config;
}

static const struct schema_key *find_section(const char *name)
{
	for (const struct schema_key *key = config_keys; key->name; key++)
		if (!strcmp(key->name, name))
			return key;
	return NULL;
}

static void test_every_section_is_tested(void **state)
{
	size_t sections = 0;

	(void)state;
	for (const struct schema_key *key = config_keys; key->name; key++)
		sections++;
	assert_int_equal(sections, OTHERS);
}

/* What is live is adopted whole, what is not is named and left as it was. */
static void test_adopted_is_what_the_schema_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTHERS; i++) {
		const struct schema_key *section = find_section(others[i].section);
		struct config *running = parse(""), *fresh = parse(others[i].text);
		struct differences before = compare(running, fresh), after;

		assert_non_null(section);
		config_adopt(running, fresh);
		config_destroy(fresh);
		fresh = parse(others[i].text);
		after = compare(running, fresh);
		if (section->kind == SCHEMA_TABLE)
			assert_true(before.count > 0);
		assert_int_equal(before.live, section->reloads ? before.count : 0);
		assert_int_equal(after.count, section->reloads ? 0 : before.count);
		config_destroy(running);
		config_destroy(fresh);
	}
}

static void test_differences_are_named(void **state)
{
	struct config *a = parse("[leds]\ncount = 3\n"), *b = parse("[leds]\ncount = 4\n");
	struct differences differences = compare(a, b);

	(void)state;
	assert_int_equal(differences.count, 1);
	assert_string_equal(differences.last, "leds.count");
	config_destroy(a);
	config_destroy(b);
	/* A default that is written down is no other value. */
	a = parse("");
	b = parse("[leds]\ncount = 11\n[http]\nlisten = \"127.0.0.1:3000\"\n");
	assert_int_equal(compare(a, b).count, 0);
	config_destroy(a);
	config_destroy(b);
}

static void test_lists_are_compared(void **state)
{
	static const char fault[] = "[[hardware.faults]]\ndevice = \"leds\"\nkind = \"unplugged\"\n"
				    "start_seconds = 5\n";
	struct config *a = parse(fault), *b = parse(fault), *c = parse("");

	(void)state;
	assert_int_equal(compare(a, b).count, 0);
	assert_string_equal(compare(a, c).last, "hardware.faults");
	b->hardware.faults[0].start_seconds = 6;
	assert_string_equal(compare(a, b).last, "hardware.faults");
	config_destroy(a);
	config_destroy(b);
	config_destroy(c);
}

/* docs/KEYS.md says of each section whether a reload takes it over. */
static void test_the_document_says_so(void **state)
{
	char path[4096], row[128];
	struct buffer text;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/KEYS.md", getenv("PROJECT_ROOT"));
	assert_int_equal(buffer_read_file(&text, path, 1 << 20, NULL), 0);
	for (const struct schema_key *key = config_keys; key->name; key++) {
		snprintf(row, sizeof(row), "## [%s%s]\n\n*%s*", key->name,
			 !strcmp(key->name, "sensors")	 ? ".dht22"
			 : !strcmp(key->name, "plugins") ? ".NAME"
							 : "",
			 key->reloads ? "Reload" : "Restart");
		if (!strstr(text.data, row))
			fail_msg("docs/KEYS.md does not have: %s", row);
	}
	buffer_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_section_is_tested),
		cmocka_unit_test(test_adopted_is_what_the_schema_says),
		cmocka_unit_test(test_differences_are_named),
		cmocka_unit_test(test_lists_are_compared),
		cmocka_unit_test(test_the_document_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
