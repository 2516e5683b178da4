#include "cli/doctor/service.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/program_run.h"

#define ANSWER_SIZE_MAX 4096 /* bytes of systemctl's answer that are read */

/* Copy the value of the line "NAME=VALUE"; no effect if there is no such line. */
static void take_value(const char *answer, const char *name, char *ret_value, size_t size)
{
	size_t name_size = strlen(name);

	for (const char *line = answer; *line; line += strcspn(line, "\n")) {
		line += *line == '\n';
		if (!strncmp(line, name, name_size) && line[name_size] == '=') {
			line += name_size + 1;
			text_clean(ret_value, size, line, strcspn(line, "\n"));
			return;
		}
	}
}

static void take_answer(const char *answer, struct doctor_service *service)
{
	take_value(answer, "LoadState", service->load, sizeof(service->load));
	take_value(answer, "UnitFileState", service->file, sizeof(service->file));
	take_value(answer, "ActiveState", service->active, sizeof(service->active));
	take_value(answer, "User", service->user, sizeof(service->user));
	take_value(answer, "Delegate", service->delegate, sizeof(service->delegate));
	take_value(answer, "ControlGroup", service->group, sizeof(service->group));
}

static int ask(struct buffer *answer, struct error *err)
{
	const char *const args[] = {"systemctl", "show", "harvester.service",
				    "--property=LoadState,UnitFileState,ActiveState,User,"
				    "Delegate,ControlGroup",
				    NULL};
	int status = 0, ret = program_run(args, answer, &status, err);

	if (!ret && status)
		ret = error_set(err, ERROR_SYSTEM,
				"`systemctl show harvester.service` failed with status %d: %.*s",
				status, (int)strcspn(answer->data ? answer->data : "", "\n"),
				answer->data ? answer->data : "");
	return ret;
}

void doctor_find_service(const char *root, struct doctor_service *ret_service)
{
	char path[PATH_MAX];
	struct buffer answer;
	struct error err = {0};

	*ret_service = (struct doctor_service){0};
	snprintf(path, sizeof(path), "%s/run/systemd/system", root);
	ret_service->has_systemd = !access(path, F_OK);
	if (!ret_service->has_systemd)
		return;
	buffer_init(&answer, ANSWER_SIZE_MAX);
	ret_service->failed = ask(&answer, &err);
	if (ret_service->failed)
		text_clean(ret_service->problem, sizeof(ret_service->problem), err.text,
			   strlen(err.text));
	else if (answer.data)
		take_answer(answer.data, ret_service);
	buffer_finish(&answer);
}

bool doctor_service_is_installed(const struct doctor_service *service)
{
	return service->load[0] && strcmp(service->load, "not-found") != 0;
}

static const char *find_advice(const struct doctor_service *service)
{
	if (!strcmp(service->load, "masked"))
		return "`sudo systemctl unmask harvester`, then `sudo systemctl enable --now "
		       "harvester`";
	if (strcmp(service->load, "loaded") != 0)
		return "`systemctl status harvester` says what is wrong with the unit; installing "
		       "the package again restores it";
	if (!strcmp(service->active, "failed"))
		return "`sudo journalctl -u harvester` says why; correct that, then `sudo "
		       "systemctl restart harvester`";
	if (strcmp(service->file, "enabled") != 0 || !strcmp(service->active, "inactive"))
		return "`sudo systemctl enable --now harvester` starts it, now and at each boot";
	return NULL;
}

void doctor_check_service(struct doctor_list *list, const struct doctor_service *service)
{
	const char *advice;
	struct doctor_check *check;

	if (!service->has_systemd)
		return;
	if (service->failed) {
		doctor_advise(doctor_add(list, "service", DOCTOR_WARNING,
					 "systemd did not say whether harvester.service runs: %s",
					 service->problem),
			      "run `systemctl status harvester`");
		return;
	}
	if (!doctor_service_is_installed(service)) {
		doctor_add(list, "service", DOCTOR_OK, "harvester.service is not installed");
		return;
	}
	advice = find_advice(service);
	check = doctor_add(list, "service", advice ? DOCTOR_WARNING : DOCTOR_OK,
			   "harvester.service: %s, %s, %s", service->load,
			   service->file[0] ? service->file : "not enabled", service->active);
	if (advice)
		doctor_advise(check, "%s", advice);
}
