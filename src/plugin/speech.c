/* What a plugin prints, in the log: cleaned there, and limited here. */
#include <string.h>

#include "base/clock.h"
#include "plugin/internal.h"
#include "wire/frame.h"
#include "wire/value.h"

#define LINES_AT_ONCE 100
#define LINES_A_SECOND 20

static void refill(struct speech *speech, uint64_t now_ms)
{
	uint64_t lines = (now_ms - speech->refilled_ms) * LINES_A_SECOND / 1000;

	if (!lines)
		return;
	speech->left = lines + speech->left > LINES_AT_ONCE ? LINES_AT_ONCE
							    : (unsigned)lines + speech->left;
	speech->refilled_ms = now_ms;
}

static bool may_speak(struct plugin *plugin)
{
	struct speech *speech = &plugin->speech;

	refill(speech, clock_monotonic_ns(plugin->services.clock) / 1000000);
	if (!speech->left) {
		speech->dropped++;
		speech->dropped_total++;
		return false;
	}
	speech->left--;
	if (speech->dropped) {
		log_warning(plugin->source.name,
			    "%llu lines of output dropped: more than %d a second",
			    (unsigned long long)speech->dropped, LINES_A_SECOND);
		speech->dropped = 0;
	}
	return true;
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

	if (value_get_bytes(frame, 2, &text, &size) || !may_speak(plugin))
		return;
	log_text(plugin, level, text, size);
}

void plugin_log_text(const char *name, const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		if (length)
			log_error(name, "%.*s", length, text);
		text += length;
		text += *text == '\n';
	}
}
