/* What a plugin prints, in the log: cleaned there, and limited here. */
#include <string.h>

#include "base/clock.h"
#include "plugin/guest.h"
#include "plugin/internal.h"
#include "wire/frame.h"
#include "wire/value.h"

#define LINES_AT_ONCE 100
#define LINES_A_SECOND 20
#define LINES_OF_READINGS 50 /* of LINES_AT_ONCE: the others are for what it prints */
#define TEXT_LINES_MAX 60    /* of one error; an even number */

static void refill(struct speech *speech, uint64_t now_ms)
{
	uint64_t lines = (now_ms - speech->refilled_ms) * LINES_A_SECOND / 1000;

	if (!lines)
		return;
	speech->left = lines + speech->left > LINES_AT_ONCE ? LINES_AT_ONCE
							    : (unsigned)lines + speech->left;
	speech->refilled_ms = now_ms;
}

bool plugin_may_speak(struct plugin *plugin)
{
	struct speech *speech = &plugin->speech;

	refill(speech, clock_monotonic_ns(plugin->services.clock) / 1000000);
	if (!speech->left) {
		speech->dropped++;
		speech->dropped_total++;
		return false;
	}
	speech->left--;
	plugin_speech_end(plugin);
	return true;
}

/* Without a line that says so: a plugin that polls fast would fill the log with those. */
bool plugin_may_show(struct plugin *plugin)
{
	struct speech *speech = &plugin->speech;

	refill(speech, clock_monotonic_ns(plugin->services.clock) / 1000000);
	if (speech->left <= LINES_AT_ONCE - LINES_OF_READINGS) {
		speech->dropped_total++;
		return false;
	}
	speech->left--;
	return true;
}

void plugin_speech_end(struct plugin *plugin)
{
	struct speech *speech = &plugin->speech;

	if (speech->dropped) {
		log_warning(plugin->source.name,
			    "%llu lines of output dropped: more than %d a second",
			    (unsigned long long)speech->dropped, LINES_A_SECOND);
		speech->dropped = 0;
	}
}

/* A zero would end the text for the log, and hide what stands behind it. */
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

	/* A flood between calls would have no deadline. */
	if (plugin->state != PLUGIN_CALLING && plugin->state != PLUGIN_STARTING) {
		guest_kill(plugin->guest, "the guest spoke while nobody had called it");
		return;
	}
	if (value_get_bytes(frame, 2, &text, &size) || !plugin_may_speak(plugin))
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

/* The beginning tells where, the end what. */
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
