/*
 * Limits a plugin's lines in the log: what it prints, and what the broker logs about it.
 * (base/log.h removes control characters.)
 */
#include <string.h>

#include "base/clock.h"
#include "plugin/internal.h"
#include "plugin/process/guest.h"
#include "wire/frame.h"
#include "wire/value.h"

#define LINES_AT_ONCE 100
#define LINES_A_SECOND 20
/* of LINES_AT_ONCE; the others are reserved for what the plugin prints */
#define LINES_OF_READINGS 50
/* of LINES_AT_ONCE; reserved for lines of the broker, such as why a call failed */
#define LINES_OF_BROKER 10
#define TEXT_LINES_MAX 60 /* shown of one error text; an even number */

#define REPORT_DROPPED_EVERY_NS (10 * 1000000000ull)

/* Charge `lines`, if at least `reserve` more are left afterwards. */
static bool take(struct plugin *plugin, unsigned lines, unsigned reserve)
{
	struct token_bucket *bucket = &plugin->log_limit.lines;
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock);

	if (bucket->burst == 0)
		token_bucket_init(bucket, LINES_AT_ONCE, LINES_A_SECOND, now_ns);
	return token_bucket_take_above(bucket, lines, reserve, now_ns);
}

static void drop(struct plugin *plugin, unsigned lines)
{
	plugin->log_limit.dropped += lines;
	plugin->log_limit.dropped_total += lines;
}

bool plugin_may_print(struct plugin *plugin)
{
	if (take(plugin, 1, LINES_OF_BROKER))
		return true;
	drop(plugin, 1);
	return false;
}

bool plugin_may_report(struct plugin *plugin)
{
	if (take(plugin, 1, 0))
		return true;
	drop(plugin, 1);
	return false;
}

/* Not counted in `dropped`, which is logged: a plugin that polls fast would fill the log. */
bool plugin_may_show(struct plugin *plugin)
{
	if (take(plugin, 1, LINES_AT_ONCE - LINES_OF_READINGS))
		return true;
	plugin->log_limit.dropped_total++;
	return false;
}

/* Not after every call: there may be hundreds of calls in a second. */
void plugin_log_limit_end(struct plugin *plugin, bool is_last)
{
	struct log_limit *limit = &plugin->log_limit;
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock);

	if (!limit->dropped || (!is_last && limit->reported_ns &&
				now_ns - limit->reported_ns < REPORT_DROPPED_EVERY_NS))
		return;
	log_warning(plugin->source.name, "dropped %llu of its lines: it may log %d a second",
		    (unsigned long long)limit->dropped, LINES_A_SECOND);
	limit->dropped = 0;
	limit->reported_ns = now_ns;
}

/* A zero byte would end the line and hide what follows it. */
static void log_text(const struct plugin *plugin, enum log_level level, const uint8_t *text,
		     size_t size)
{
	char line[LOG_TEXT_SIZE * 2];

	if (size > sizeof(line))
		size = sizeof(line);
	for (size_t i = 0; i < size; i++)
		line[i] = text[i] ? (char)text[i] : '?';
	log_write(level, plugin->source.name, "%.*s", (int)size, line);
}

void plugin_take_log(struct plugin *plugin, const cbor_item_t *frame)
{
	enum log_level level =
		frame_id(frame) > LOG_ERROR ? LOG_ERROR : (enum log_level)frame_id(frame);
	const uint8_t *text;
	size_t size;

	/* No deadline would end a flood of lines between two calls. */
	if (plugin->state != PLUGIN_CALLING && plugin->state != PLUGIN_STARTING) {
		guest_kill(plugin->guest, "the guest logged a line outside a call");
		return;
	}
	if (value_get_bytes(frame, 2, &text, &size) || !plugin_may_print(plugin))
		return;
	log_text(plugin, level, text, size);
}

static size_t count_lines(const char *text)
{
	size_t lines = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		lines++;
	}
	return lines;
}

/* The last line of a traceback says what happened, the others say where. */
const char *plugin_last_line(const char *text)
{
	const char *last = text;

	for (const char *at = text; *at; at++) {
		if (*at == '\n' && at[1] && at[1] != '\n')
			last = at + 1;
	}
	return last;
}

void plugin_report(struct plugin *plugin, const char *text)
{
	size_t lines = count_lines(text);
	/* One more for the line that says how many are left out. */
	unsigned shown = (unsigned)(lines > TEXT_LINES_MAX ? TEXT_LINES_MAX + 1 : lines);
	const char *last = plugin_last_line(text);

	if (take(plugin, shown, 0)) {
		plugin_log_text(plugin->source.name, text);
	} else if (take(plugin, 1, 0)) {
		log_error(plugin->source.name, "%.*s", (int)strcspn(last, "\n"), last);
		drop(plugin, shown - 1);
	} else {
		drop(plugin, shown);
	}
}

/* Keep the beginning, which says where, and the end, which says what. */
void plugin_log_text(const char *name, const char *text)
{
	size_t lines = count_lines(text);

	for (size_t i = 0; *text; i++) {
		int length = (int)strcspn(text, "\n");
		bool is_shown = i < TEXT_LINES_MAX / 2 || i + TEXT_LINES_MAX / 2 >= lines;

		if (is_shown && length)
			log_error(name, "%.*s", length, text);
		if (!is_shown && i == TEXT_LINES_MAX / 2)
			log_error(name, "... %zu lines left out ...", lines - TEXT_LINES_MAX);
		text += length;
		text += *text == '\n';
	}
}
