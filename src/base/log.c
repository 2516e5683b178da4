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
#include "base/text.h"

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

/* Write "2026-01-31T12:00:00", or "(no valid time)" after LOG_TIME_MS_MAX. */
static void format_seconds(uint64_t unix_ms, char *ret_when, size_t size)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;

	if (unix_ms > LOG_TIME_MS_MAX || !gmtime_r(&seconds, &tm) ||
	    !strftime(ret_when, size, "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(ret_when, size, "(no valid time)");
}

void log_format(const struct log_record *record, char *ret_line, size_t size)
{
	char when[24];

	format_seconds(record->unix_ms, when, sizeof(when));
	snprintf(ret_line, size, "%s.%03uZ %s %s: %s", when, (unsigned)(record->unix_ms % 1000),
		 log_level_name(record->level), record->source, record->text);
}

static void write_line(const struct log_record *record)
{
	char line[LOG_TEXT_SIZE + 256];
	size_t length;

	log_format(record, line, sizeof(line) - 1);
	length = strlen(line);
	line[length++] = '\n';
	/* One write() for the whole line, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, length) < 0) {
		/* There is no place to report a failure of the log itself. */
	}
}

__attribute__((format(printf, 2, 0))) static void write_record(struct log_record *record,
							       const char *format, va_list args)
{
	char raw[LOG_TEXT_SIZE * 2], text[LOG_TEXT_SIZE];
	int length = vsnprintf(raw, sizeof(raw), format, args);

	if (length < 0)
		length = 0;
	text_clean(text, sizeof(text), raw,
		   (size_t)length < sizeof(raw) ? (size_t)length : sizeof(raw) - 1);
	record->text = text;
	record->unix_ms = clock_unix_ms(clock_system());
	write_line(record);
	for (size_t i = 0; i < MAX_SINKS; i++) {
		if (the_log.sinks[i].write)
			the_log.sinks[i].write(the_log.sinks[i].arg, record);
	}
}

__attribute__((format(printf, 2, 0))) static void write_if_wanted(struct log_record *record,
								  const char *format, va_list args)
{
	pthread_mutex_lock(&the_log.lock);
	if (record->level >= the_log.level)
		write_record(record, format, args);
	pthread_mutex_unlock(&the_log.lock);
}

void log_write(enum log_level level, const char *source, const char *format, ...)
{
	struct log_record record = {.level = level, .source = source};
	va_list args;

	va_start(args, format);
	write_if_wanted(&record, format, args);
	va_end(args);
}

void log_reading(const char *source, const char *format, ...)
{
	struct log_record record = {.level = LOG_INFO, .source = source, .is_reading = true};
	va_list args;

	va_start(args, format);
	write_if_wanted(&record, format, args);
	va_end(args);
}
