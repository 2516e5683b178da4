#include "cli/doctor/list.h"
#include "base/text.h"

#include <stdarg.h>
#include <string.h>

static const char *const states[] = {
	[DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_MISSING] = "missing"};

struct doctor_check *doctor_add(struct doctor_list *list, const char *name, enum doctor_state state,
				const char *format, ...)
{
	struct doctor_check *check;
	va_list args;

	if (list->count < DOCTOR_CHECKS_MAX)
		list->count++;
	check = &list->checks[list->count - 1];
	check->name = name;
	check->state = state;
	check->advice[0] = '\0';
	va_start(args, format);
	vsnprintf(check->text, sizeof(check->text), format, args);
	va_end(args);
	return check;
}

void doctor_advise(struct doctor_check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(check->advice, sizeof(check->advice), format, args);
	va_end(args);
}

void doctor_append(char *text, size_t size, const char *separator, const char *more)
{
	size_t length = strlen(text), gap = length ? strlen(separator) : 0;

	if (length + gap + strlen(more) < size)
		snprintf(text + length, size - length, "%s%s", gap ? separator : "", more);
}

bool doctor_is_well(const struct doctor_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->checks[i].state == DOCTOR_MISSING)
			return false;
	return true;
}

json_t *doctor_to_json(const struct doctor_list *list)
{
	json_t *checks = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct doctor_check *check = &list->checks[i];

		json_array_append_new(checks,
				      json_pack("{s:s, s:s, s:s, s:s?}", "name", check->name,
						"state", states[check->state], "text", check->text,
						"advice", check->advice[0] ? check->advice : NULL));
	}
	return json_pack("{s:b, s:o}", "ok", doctor_is_well(list), "checks", checks);
}

void doctor_print(const struct doctor_list *list, FILE *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct doctor_check *check = &list->checks[i];

		text_printf(out, "%-8s %-16s %s\n", states[check->state], check->name, check->text);
		if (check->advice[0])
			text_printf(out, "%-25s To do: %s\n", "", check->advice);
	}
	fputs(doctor_is_well(list) ? "\nPlugins can run here.\n"
				   : "\nPlugins cannot run here until what is missing is there.\n",
	      out);
}
