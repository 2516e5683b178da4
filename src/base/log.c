#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

#define MAX_SINKS 4

static struct {
	pthread_mutex_t lock;
	enum log_level level;
	struct {
		log_sink *write;
		void *arg;
	} sinks[MAX_SINKS]; /* those with a write function are in use */
} the_log = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_INFO};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_set_level(enum log_level level)
{
	pthread_mutex_lock(&the_log.lock);
	the_log.level = level;
	pthread_mutex_unlock(&the_log.lock);
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(*level_names); i++) {
		if (!strcasecmp(name, level_names[i])) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	if (!strcasecmp(name, "warn")) {
		*ret_level = LOG_WARNING;
		return 0;
	}
	return ERROR_INVALID;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

int log_add_sink(log_sink *sink, void *arg)
{
	int ret = ERROR_TOO_LARGE;

	pthread_mutex_lock(&the_log.lock);
	for (size_t i = 0; i < MAX_SINKS && ret; i++) {
		if (the_log.sinks[i].write)
			continue;
		the_log.sinks[i].write = sink;
		the_log.sinks[i].arg = arg;
		ret = 0;
	}
	pthread_mutex_unlock(&the_log.lock);
	return ret;
}

void log_remove_sink(log_sink *sink, void *arg)
{
	pthread_mutex_lock(&the_log.lock);
	for (size_t i = 0; i < MAX_SINKS; i++) {
		if (the_log.sinks[i].write == sink && the_log.sinks[i].arg == arg)
			the_log.sinks[i].write = NULL;
	}
	pthread_mutex_unlock(&the_log.lock);
}

/* How many bytes the well-formed UTF-8 character at `text` has (RFC 3629), 0 if it is none. */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	size_t length = text[0] < 0x80	 ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;

	if (!length || length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

/* C0, DEL, C1 and the line and direction controls that can fake a line on a terminal or a page. */
static bool is_control(const unsigned char *text, size_t length)
{
	if (length == 1)
		return text[0] < 0x20 || text[0] == 0x7f;
	if (length == 2)
		return text[0] == 0xc2 && text[1] < 0xa0;
	return length == 3 && text[0] == 0xe2 &&
	       ((text[1] == 0x80 && text[2] >= 0xa8 && text[2] <= 0xae) ||
		(text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9));
}

static void clean(char *ret_text, size_t size, const char *raw, size_t raw_size)
{
	static const char cut[] = "…";
	size_t to = 0;

	for (size_t from = 0; from < raw_size;) {
		const unsigned char *at = (const unsigned char *)raw + from;
		size_t length = utf8_length(at, raw_size - from);
		bool bad = !length || is_control(at, length);

		if (!length)
			length = 1;
		if (to + (bad ? 1 : length) + sizeof(cut) > size) {
			memcpy(ret_text + to, cut, sizeof(cut) - 1);
			to += sizeof(cut) - 1;
			break;
		}
		if (bad)
			ret_text[to++] = *at == '\t' ? ' ' : '?';
		else
			memcpy(ret_text + to, at, length), to += length;
		from += length;
	}
	ret_text[to] = '\0';
}

void log_format(const struct log_record *record, char *ret_line, size_t size)
{
	time_t seconds = (time_t)(record->unix_ms / 1000);
	char when[24];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_line, size, "%s.%03uZ %s %s: %s", when, (unsigned)(record->unix_ms % 1000),
		 log_level_name(record->level), record->source, record->text);
}

void log_write(enum log_level level, const char *source, const char *format, ...)
{
	char raw[LOG_TEXT_SIZE * 2], text[LOG_TEXT_SIZE], line[LOG_TEXT_SIZE + 256];
	struct log_record record = {.level = level, .source = source, .text = text};
	va_list args;
	int length;

	pthread_mutex_lock(&the_log.lock);
	if (level < the_log.level) {
		pthread_mutex_unlock(&the_log.lock);
		return;
	}
	va_start(args, format);
	length = vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	if (length < 0)
		length = 0;
	clean(text, sizeof(text), raw,
	      (size_t)length < sizeof(raw) ? (size_t)length : sizeof(raw) - 1);
	record.unix_ms = clock_unix_ms(clock_system());
	log_format(&record, line, sizeof(line) - 1);
	length = (int)strlen(line);
	line[length++] = '\n';
	/* One write: lines of several processes on one terminal do not mix. */
	if (write(STDERR_FILENO, line, (size_t)length) < 0) {
		/* Nobody to tell. */
	}
	for (size_t i = 0; i < MAX_SINKS; i++) {
		if (the_log.sinks[i].write)
			the_log.sinks[i].write(the_log.sinks[i].arg, &record);
	}
	pthread_mutex_unlock(&the_log.lock);
}
