#include "hardware/driver/system_info.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

/* Only the beginning of each file is read: it holds all the values needed. */
#define HEAD_SIZE 2048
#define PATH_SIZE 1024

#define USAGE_TICKS_MIN 10
#define TEMPERATURE_MIN_C (-40.0)
#define TEMPERATURE_MAX_C 150.0

struct system_info {
	char *root;			  /* owned */
	uint64_t total_ticks, idle_ticks; /* at the last call that computed usage_percent */
	double usage_percent;
};

int system_info_create(const char *root, struct system_info **ret_info, struct error *err)
{
	struct system_info *info = calloc(1, sizeof(*info));

	if (info)
		info->root = strdup(root);
	if (!info || !info->root) {
		free(info);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the system's files; this machine "
				 "needs more free memory");
	}
	*ret_info = info;
	return 0;
}

void system_info_destroy(struct system_info *info)
{
	if (!info)
		return;
	free(info->root);
	free(info);
}

static int read_head(const struct system_info *info, const char *path, char ret_text[HEAD_SIZE],
		     struct error *err)
{
	char whole[PATH_SIZE];
	ssize_t size;
	int fd, saved;

	if (snprintf(whole, sizeof(whole), "%s%s", info->root, path) >= (int)sizeof(whole))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a shorter root folder", path);
	fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_set_errno(
			err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			"%s: cannot open this file of the system (check who may read it)", whole);
	size = read(fd, ret_text, HEAD_SIZE - 1);
	saved = errno;
	close(fd);
	if (size < 0)
		return error_set_errno(err, ERROR_SYSTEM, saved,
				       "%s: cannot read this file of the system", whole);
	ret_text[size] = '\0';
	return 0;
}

/* Find a line that begins with `key`, and parse the number after it. */
static bool find_number(const char *text, const char *key, uint64_t *ret_number)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, length))
			return sscanf(line + length, "%" SCNu64, ret_number) == 1;
	}
	return false;
}

int system_info_memory(struct system_info *info, uint32_t *ret_used_mb, uint32_t *ret_total_mb,
		       struct error *err)
{
	char text[HEAD_SIZE];
	uint64_t total_kb, available_kb;
	int ret = read_head(info, "/proc/meminfo", text, err);

	if (ret)
		return ret;
	if (!find_number(text, "MemTotal:", &total_kb) ||
	    !find_number(text, "MemAvailable:", &available_kb) || available_kb > total_kb)
		return error_set(err, ERROR_MALFORMED,
				 "/proc/meminfo: expected numbers for MemTotal and MemAvailable: "
				 "check how /proc is mounted");
	*ret_used_mb = (uint32_t)((total_kb - available_kb) / 1024);
	*ret_total_mb = (uint32_t)(total_kb / 1024);
	return 0;
}

/* Parse the first line of /proc/stat (proc(5)). Guest time, the next fields, is part of user and
 * nice. */
static bool parse_ticks(const char *text, uint64_t *ret_total, uint64_t *ret_idle)
{
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, COUNT };
	uint64_t ticks[COUNT] = {0}, total = 0;

	if (sscanf(text,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   &ticks[USER], &ticks[NICE], &ticks[SYSTEM], &ticks[IDLE], &ticks[IOWAIT],
		   &ticks[IRQ], &ticks[SOFTIRQ], &ticks[STEAL]) <= IDLE)
		return false;
	for (int i = 0; i < COUNT; i++)
		total += ticks[i];
	*ret_total = total;
	*ret_idle = ticks[IDLE] + ticks[IOWAIT];
	return true;
}

int system_info_cpu_usage(struct system_info *info, double *ret_percent, struct error *err)
{
	char text[HEAD_SIZE];
	uint64_t total, idle, passed, idled;
	int ret = read_head(info, "/proc/stat", text, err);

	if (ret)
		return ret;
	if (!parse_ticks(text, &total, &idle))
		return error_set(err, ERROR_MALFORMED,
				 "/proc/stat: expected the times of the CPU in its first line: "
				 "check how /proc is mounted");
	/* The kernel's idle and iowait counters may go back a little. */
	passed = total > info->total_ticks ? total - info->total_ticks : 0;
	idled = idle > info->idle_ticks ? idle - info->idle_ticks : 0;
	if (passed >= USAGE_TICKS_MIN) {
		if (idled > passed)
			idled = passed;
		info->usage_percent = 100.0 * (double)(passed - idled) / (double)passed;
		info->total_ticks = total;
		info->idle_ticks = idle;
	}
	*ret_percent = info->usage_percent;
	return 0;
}

uint64_t system_info_uptime(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

/* A folder of sensors: which of them measure the CPU, and which file holds the value in m°C. */
struct sensor_class {
	const char *folder;
	const char *prefix; /* of each sensor's own folder */
	const char *name_file;
	const char *value_file;
	const char *names[8]; /* prefixes of the names of CPU sensors */
};

static const struct sensor_class sensor_classes[] = {
	{
		.folder = "/sys/class/thermal",
		.prefix = "thermal_zone",
		.name_file = "type",
		.value_file = "temp",
		.names = {"cpu", "x86_pkg_temp", "soc", "TCPU", "bcm2835_thermal"},
	},
	{
		.folder = "/sys/class/hwmon",
		.prefix = "hwmon",
		.name_file = "name",
		.value_file = "temp1_input",
		.names = {"coretemp", "k10temp", "zenpower", "cpu", "soc"},
	},
};

static bool is_cpu(const struct sensor_class *class, const char *name)
{
	for (size_t i = 0; class->names[i]; i++) {
		if (!strncmp(name, class->names[i], strlen(class->names[i])))
			return true;
	}
	return false;
}

static bool read_sensor(const struct system_info *info, const struct sensor_class *class,
			const char *entry, double *ret_temperature_c)
{
	char path[PATH_SIZE], text[HEAD_SIZE];
	double temperature_c;
	long value;

	snprintf(path, sizeof(path), "%s/%s/%s", class->folder, entry, class->name_file);
	if (read_head(info, path, text, NULL) || !is_cpu(class, text))
		return false;
	snprintf(path, sizeof(path), "%s/%s/%s", class->folder, entry, class->value_file);
	if (read_head(info, path, text, NULL) || sscanf(text, "%ld", &value) != 1)
		return false;
	temperature_c = (double)value / 1000.0;
	if (temperature_c < TEMPERATURE_MIN_C || temperature_c > TEMPERATURE_MAX_C)
		return false;
	*ret_temperature_c = temperature_c;
	return true;
}

static bool search_class(const struct system_info *info, const struct sensor_class *class,
			 double *ret_temperature_c)
{
	struct dirent **entries;
	char path[PATH_SIZE];
	bool found = false;
	int count;

	snprintf(path, sizeof(path), "%s%s", info->root, class->folder);
	count = scandir(path, &entries, NULL, versionsort);
	if (count < 0)
		return false;
	for (int i = 0; i < count; i++) {
		if (!found && !strncmp(entries[i]->d_name, class->prefix, strlen(class->prefix)))
			found = read_sensor(info, class, entries[i]->d_name, ret_temperature_c);
		free(entries[i]);
	}
	free(entries);
	return found;
}

int system_info_cpu_temperature(struct system_info *info, double *ret_temperature_c,
				struct error *err)
{
	for (size_t i = 0; i < sizeof(sensor_classes) / sizeof(sensor_classes[0]); i++) {
		if (search_class(info, &sensor_classes[i], ret_temperature_c))
			return 0;
	}
	return error_set(err, ERROR_NO_SENSOR,
			 "this machine has no CPU temperature sensor in /sys/class/thermal or "
			 "/sys/class/hwmon: load its kernel driver if it has one");
}
