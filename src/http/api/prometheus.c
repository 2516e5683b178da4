#include "http/api/prometheus.h"

#include <math.h>
#include <string.h>

#include "base/buffer.h"

#define PREFIX "harvester_"

void prometheus_begin(struct buffer *text, const char *name, enum prometheus_type type,
		      const char *help)
{
	buffer_printf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name,
		      type == PROMETHEUS_COUNTER ? "counter" : "gauge");
}

void prometheus_begin_unit(struct buffer *text, const char *name, enum prometheus_type type,
			   const char *unit, const char *help)
{
	prometheus_begin(text, name, type, help);
	buffer_printf(text, "# UNIT " PREFIX "%s %s\n", name, unit);
}

static void add_label(struct buffer *text, const char *name, const char *value)
{
	buffer_printf(text, "%s=\"", name);
	while (*value) {
		size_t plain = strcspn(value, "\\\"\n");

		buffer_append(text, value, plain);
		value += plain;
		if (!*value)
			break;
		buffer_append_text(text, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
		value++;
	}
	buffer_append_text(text, "\"");
}

static void add_value(struct buffer *text, double value)
{
	/* 15 digits hide the rounding error of a unit's factor, but would round the largest numbers
	 * up to infinity. */
	int digits = fabs(value) < 1e308 ? 15 : 17;

	if (isnan(value))
		buffer_append_text(text, " NaN\n");
	else if (isinf(value))
		buffer_append_text(text, value > 0 ? " +Inf\n" : " -Inf\n");
	else
		buffer_printf(text, " %.*g\n", digits, value);
}

void prometheus_sample(struct buffer *text, const char *name, const char *const *labels,
		       double value)
{
	buffer_printf(text, PREFIX "%s", name);
	for (size_t i = 0; labels && labels[i]; i += 2) {
		buffer_append_text(text, i ? "," : "{");
		add_label(text, labels[i], labels[i + 1]);
	}
	if (labels && labels[0])
		buffer_append_text(text, "}");
	add_value(text, value);
}

void prometheus_single(struct buffer *text, const char *name, enum prometheus_type type,
		       const char *help, double value)
{
	prometheus_begin(text, name, type, help);
	prometheus_sample(text, name, NULL, value);
}
