/* The keys of [[alert]] and [alerting], and the checks that concern several of them. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/placeholder.h"
#include "config/alert.h"
#include "config/rules.h"

#define VALUE_MAX 1e15
#define SECONDS_MAX 86400
#define PATTERN_SIZE_MAX 128
#define MESSAGE_EXPECTED "a text of 1 to 255 bytes without control characters"

#define AT(field) .offset = offsetof(struct config_alert, field)
#define TEXT(key, member, rule, words)                                                             \
	{                                                                                          \
		.name = key, .kind = SCHEMA_STRING, AT(member), .valid = rule, .expected = words   \
	}
#define REAL(key, member, from, to)                                                                \
	{                                                                                          \
		.name = key, .kind = SCHEMA_NUMBER, AT(member), .low = from, .high = to            \
	}
#define CHOICE(key, member, all)                                                                   \
	{                                                                                          \
		.name = key, .kind = SCHEMA_CHOICE, AT(member), .choices = all                     \
	}
#define CUSTOM(key, reader, words)                                                                 \
	{                                                                                          \
		.name = key, .kind = SCHEMA_CUSTOM, .read = reader, .expected = words              \
	}

static const char *const watches[] = {"sensor", "node", "disk", "plugin", "rollout", NULL};
static const char *const severities[] = {"info", "warning", "critical", NULL};
static const char *const sounds[] = {"none", "single", "triple", "long", NULL};

const char *const config_alert_placeholders[] = {"alert", "state", "severity", "name", "sensor",
						 "node",  "field", "value",    "unit", "room",
						 "limit", "time",  NULL};

static bool is_plain(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return *text;
}

static bool is_pattern(const char *text)
{
	return is_plain(text) && strlen(text) <= PATTERN_SIZE_MAX;
}

#define PATTERN "1 to 128 bytes, such as \"dht22\" or \"kitchen-*\""

/* Times of the day */

static bool parse_time(const char *text, int *ret_minutes)
{
	int hours, minutes;

	if (strlen(text) != 5 || strspn(text, "0123456789") != 2 || text[2] != ':' ||
	    strspn(text + 3, "0123456789") != 2)
		return false;
	hours = (text[0] - '0') * 10 + text[1] - '0';
	minutes = (text[3] - '0') * 10 + text[4] - '0';
	if (hours > 23 || minutes > 59)
		return false;
	*ret_minutes = hours * 60 + minutes;
	return true;
}

#define QUIET "two times of the day, such as [\"22:00\", \"07:00\"], or [] for none"

static void read_quiet(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct config_quiet *quiet)
{
	struct toml_node *from = node->kind == TOML_ARRAY ? node->first : NULL;
	struct toml_node *to = from ? from->next : NULL;
	struct config_quiet read = {0};

	if (node->kind == TOML_ARRAY && !node->count) {
		*quiet = (struct config_quiet){0, 0};
		return;
	}
	if (!to || node->count != 2 || from->kind != TOML_STRING || to->kind != TOML_STRING ||
	    !parse_time(from->text, &read.from) || !parse_time(to->text, &read.to))
		schema_refuse(reader, node, path, QUIET);
	else
		*quiet = read;
}

static void read_quiet_hours(struct schema_reader *reader, struct toml_node *node, const char *path,
			     void *target)
{
	read_quiet(reader, node, path, &((struct config_alert *)target)->quiet);
}

static void read_usual_quiet_hours(struct schema_reader *reader, struct toml_node *node,
				   const char *path, void *target)
{
	read_quiet(reader, node, path, &((struct config_alerting *)target)->quiet);
}

/* Lists of names */

struct name_list {
	char **names; /* ends with NULL */
	size_t limit;
	bool (*valid)(const char *text);
	const char *expected;
};

static void add_name(struct schema_reader *reader, struct toml_node *item, const char *path,
		     const struct name_list *list)
{
	size_t count = 0;

	if (item->kind != TOML_STRING || !list->valid(item->text)) {
		schema_refuse(reader, item, path, list->expected);
		return;
	}
	for (; list->names[count]; count++) {
		if (!strcmp(list->names[count], item->text)) {
			schema_complain(reader, item,
					"%s: \"%s\" is listed twice: remove one of the two", path,
					item->text);
			return;
		}
	}
	if (count == list->limit) {
		schema_complain(reader, item, "%s: more than %zu entries: remove some", path,
				list->limit);
		return;
	}
	list->names[count] = strdup(item->text);
	reader->no_memory |= !list->names[count];
}

static void read_names(struct schema_reader *reader, struct toml_node *node, const char *path,
		       const struct name_list *list)
{
	if (node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path, "an array of texts");
	for (struct toml_node *item = node->first; item; item = item->next)
		add_name(reader, item, path, list);
}

static void read_notify(struct schema_reader *reader, struct toml_node *node, const char *path,
			void *target)
{
	struct config_alert *alert = target;

	alert->has_notify = true;
	read_names(reader, node, path,
		   &(struct name_list){alert->notify, CONFIG_ALERT_CHANNELS_MAX, rule_is_label,
				       RULE_LABEL});
}

static void read_usual_notify(struct schema_reader *reader, struct toml_node *node,
			      const char *path, void *target)
{
	read_names(reader, node, path,
		   &(struct name_list){((struct config_alerting *)target)->notify,
				       CONFIG_ALERT_CHANNELS_MAX, rule_is_label, RULE_LABEL});
}

static bool is_host(const char *text)
{
	return rule_is_host(text) || (text[0] == '[' && rule_is_path(text));
}

static void read_hosts(struct schema_reader *reader, struct toml_node *node, const char *path,
		       void *target)
{
	read_names(reader, node, path,
		   &(struct name_list){((struct config_alerting *)target)->allowed_hosts,
				       CONFIG_ALLOWED_HOSTS_MAX, is_host, RULE_HOST});
}

/* Values */

static bool to_number(const struct toml_node *node, double *ret_number)
{
	double number = node->kind == TOML_INTEGER ? (double)node->integer : node->number;

	if (node->kind == TOML_BOOLEAN)
		number = node->boolean;
	else if (node->kind != TOML_INTEGER && node->kind != TOML_FLOAT)
		return false;
	if (!(fabs(number) <= VALUE_MAX))
		return false;
	*ret_number = number;
	return true;
}

static void read_equal(struct schema_reader *reader, struct toml_node *node, const char *path,
		       void *target)
{
	if (!to_number(node, &((struct config_alert *)target)->equal))
		schema_refuse(reader, node, path, "a number, true or false");
}

static void read_outside(struct schema_reader *reader, struct toml_node *node, const char *path,
			 void *target)
{
	struct config_alert *alert = target;
	struct toml_node *low = node->kind == TOML_ARRAY ? node->first : NULL;
	struct toml_node *high = low ? low->next : NULL;
	double from, to;

	if (!high || node->count != 2 || !to_number(low, &from) || !to_number(high, &to) ||
	    from >= to) {
		schema_refuse(reader, node, path,
			      "the lowest and the highest good value, such as [18, 24]");
		return;
	}
	alert->low = from;
	alert->high = to;
}

static void read_color(struct schema_reader *reader, struct toml_node *node, const char *path,
		       void *target)
{
	const char *text = node->kind == TOML_STRING ? node->text : "";

	if (text[0] != '#' || strspn(text + 1, "0123456789abcdefABCDEF") != 6 || text[7])
		schema_refuse(reader, node, path, "a colour, such as \"#ff0000\"");
	else
		((struct config_alert *)target)->color = (uint32_t)strtoul(text + 1, NULL, 16);
}

static void read_message(struct schema_reader *reader, struct toml_node *node, const char *path,
			 void *target)
{
	struct config_alert *alert = target;
	char unknown[64], known[160] = "";

	if (node->kind != TOML_STRING || strlen(node->text) > SCHEMA_TEXT_MAX ||
	    !is_plain(node->text)) {
		schema_refuse(reader, node, path, MESSAGE_EXPECTED);
		return;
	}
	if (!placeholder_check(node->text, config_alert_placeholders, unknown, sizeof(unknown))) {
		for (size_t i = 0; config_alert_placeholders[i]; i++)
			snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s{%s}",
				 i ? " " : "", config_alert_placeholders[i]);
		schema_complain(reader, node,
				"%s: %s names no value: use %s, or {{ for the character {", path,
				unknown, known);
		return;
	}
	free(alert->message);
	alert->message = strdup(node->text);
	reader->no_memory |= !alert->message;
}

/* clang-format off */
const struct schema_key config_alert_keys[] = {
	TEXT("name", name, rule_is_label, RULE_LABEL),
	CHOICE("watch", watch, watches),
	TEXT("node", node, is_pattern, PATTERN),
	TEXT("sensor", sensor, is_pattern, PATTERN),
	TEXT("room", room, is_pattern, PATTERN),
	TEXT("plugin", plugin, is_pattern, PATTERN),
	TEXT("field", field, is_pattern, "1 to 128 bytes"),
	REAL("above", above, -VALUE_MAX, VALUE_MAX),
	REAL("below", below, -VALUE_MAX, VALUE_MAX),
	CUSTOM("outside", read_outside, "two numbers, such as [18, 24]"),
	CUSTOM("equal", read_equal, "a number, true or false"),
	REAL("stale_seconds", stale_seconds, 1, SECONDS_MAX),
	{.name = "error", .kind = SCHEMA_BOOLEAN, AT(error)},
	REAL("hysteresis", hysteresis, 0, VALUE_MAX),
	REAL("for_seconds", for_seconds, 0, SECONDS_MAX),
	CHOICE("severity", severity, severities),
	CUSTOM("quiet_hours", read_quiet_hours, QUIET),
	CUSTOM("notify", read_notify, "an array of the names of [[notify]]"),
	CHOICE("buzzer", buzzer, sounds),
	{.name = "led", .kind = SCHEMA_INT, AT(led), .low = -1, .high = CONFIG_ALERT_LEDS - 1},
	CUSTOM("color", read_color, "a colour, such as \"#ff0000\""),
	{.name = "fan", .kind = SCHEMA_BOOLEAN, AT(fan)},
	CUSTOM("message", read_message, MESSAGE_EXPECTED),
	{0},
};

const struct schema_key config_alerting_keys[] = {
	CUSTOM("allowed_hosts", read_hosts, "an array of host names, such as [\"ntfy.example.org\"]"),
	CUSTOM("quiet_hours", read_usual_quiet_hours, QUIET),
	CUSTOM("notify", read_usual_notify, "an array of the names of [[notify]]"),
	{0},
};
/* clang-format on */

/* The condition, of the keys that are present */

static unsigned count_conditions(const struct config_alert *alert)
{
	const bool given[] = {!isnan(alert->above), !isnan(alert->below),     !isnan(alert->low),
			      !isnan(alert->equal), alert->stale_seconds > 0, alert->error};
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
		count += given[i];
	return count;
}

static void settle_condition(struct config_alert *alert)
{
	if (!isnan(alert->above))
		alert->condition = CONDITION_ABOVE;
	else if (!isnan(alert->below))
		alert->condition = CONDITION_BELOW;
	else if (!isnan(alert->low))
		alert->condition = CONDITION_OUTSIDE;
	else if (!isnan(alert->equal))
		alert->condition = CONDITION_EQUAL;
	else if (alert->stale_seconds > 0)
		alert->condition = CONDITION_STALE;
	else
		alert->condition = CONDITION_ERROR;
	if (alert->watch == WATCH_NODE)
		alert->condition = CONDITION_OFFLINE;
	if (alert->watch == WATCH_PLUGIN)
		alert->condition = CONDITION_FAILED;
	if (alert->watch == WATCH_ROLLOUT)
		alert->condition = CONDITION_PAUSED;
	alert->limit = alert->condition == CONDITION_ABOVE   ? alert->above
		       : alert->condition == CONDITION_BELOW ? alert->below
							     : alert->equal;
}

static bool has_value(const struct config_alert *alert)
{
	return alert->condition <= CONDITION_EQUAL;
}

/* What is wrong with the combination of keys; NULL if nothing is. */
static const char *find_contradiction(const struct config_alert *alert)
{
	unsigned conditions = count_conditions(alert);

	if (alert->watch != WATCH_SENSOR && strcmp(alert->room, "*") != 0)
		return "remove `room`: it goes with watch = \"sensor\"";
	if (alert->condition >= CONDITION_OFFLINE)
		return conditions ? "with watch = \"node\", \"plugin\" or \"rollout\" remove the "
				    "condition: the alert is about nodes that are offline, plugins "
				    "that failed, or roll-outs that are paused"
				  : NULL;
	if (conditions != 1)
		return "give one condition: above, below, outside, equal, stale_seconds or error";
	if (alert->watch == WATCH_DISK && (isnan(alert->above) || alert->field))
		return "with watch = \"disk\" give `above`, in percent, and no field";
	if (alert->watch == WATCH_SENSOR && has_value(alert) && !alert->field)
		return "give the field whose value is compared, such as field = \"temperature\"";
	if (!has_value(alert) && alert->field)
		return "remove `field`: stale_seconds and error concern the whole reading";
	if (alert->hysteresis > 0 && (!has_value(alert) || alert->condition == CONDITION_EQUAL))
		return "remove `hysteresis`: it goes with above, below and outside";
	if (alert->condition == CONDITION_OUTSIDE &&
	    2 * alert->hysteresis >= alert->high - alert->low)
		return "make `hysteresis` smaller than half of the range of `outside`, or the "
		       "alert never ends";
	return NULL;
}

static void use_default(struct schema_reader *reader, char **text)
{
	if (!*text)
		*text = strdup("*");
	reader->no_memory |= !*text;
}

static void read_alert(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct config_alert *alert)
{
	size_t refused = reader->refused;
	const char *wrong;

	schema_read(reader, node, path, config_alert_keys, alert);
	use_default(reader, &alert->node);
	use_default(reader, &alert->sensor);
	use_default(reader, &alert->room);
	use_default(reader, &alert->plugin);
	settle_condition(alert);
	if (reader->refused > refused || reader->no_memory)
		return;
	wrong = alert->name ? find_contradiction(alert) : "an alert needs a name";
	if (wrong)
		schema_complain(reader, node, "%s%s%s: %s", path, alert->name ? " " : "",
				alert->name ? alert->name : "", wrong);
}

void config_alert_read_all(struct schema_reader *reader, struct toml_node *node, const char *path,
			   void *target)
{
	struct config_alerting *alerting = target;
	struct config_alert *alert;

	if (node->kind != TOML_ARRAY) {
		schema_refuse(reader, node, path, "an array of tables, [[alert]]");
		return;
	}
	for (struct toml_node *child = node->first; child; child = child->next) {
		if (alerting->alerts_count == CONFIG_ALERTS_MAX) {
			schema_complain(reader, child, "%s: more than %d alerts: remove some", path,
					CONFIG_ALERTS_MAX);
			return;
		}
		alert = schema_append(reader, &alerting->alerts, &alerting->alerts_count,
				      sizeof(*alert));
		if (!alert)
			return;
		config_alert_init(alert);
		alert->line = child->line;
		alert->column = child->column;
		read_alert(reader, child, path, alert);
	}
}

int config_alert_read(struct schema_reader *reader, struct toml_node *node,
		      struct config_alert *ret_alert)
{
	size_t refused = reader->refused;

	config_alert_init(ret_alert);
	read_alert(reader, node, "alert", ret_alert);
	return reader->refused > refused || reader->no_memory;
}
