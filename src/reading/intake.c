#include "reading/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reading/reading.h"

struct plugin {
	struct reading_intake_counts counts;
	uint64_t told_ms; /* valid if has_told */
	bool has_told;
	uint64_t used; /* a greater number is a later use */
};

struct reading_intake {
	struct plugin plugins[INTAKE_PLUGINS_MAX];
	size_t count;
	uint64_t uses;
};

struct reading_intake *reading_intake_create(void)
{
	return calloc(1, sizeof(struct reading_intake));
}

void reading_intake_destroy(struct reading_intake *intake)
{
	free(intake);
}

static struct plugin *add(struct reading_intake *intake, const char *name)
{
	struct plugin *plugin = &intake->plugins[0];

	if (intake->count < INTAKE_PLUGINS_MAX) {
		plugin = &intake->plugins[intake->count++];
	} else {
		for (size_t i = 1; i < intake->count; i++)
			if (intake->plugins[i].used < plugin->used)
				plugin = &intake->plugins[i];
	}
	*plugin = (struct plugin){0};
	snprintf(plugin->counts.plugin, sizeof(plugin->counts.plugin), "%s", name);
	return plugin;
}

static struct plugin *find(struct reading_intake *intake, const char *name)
{
	struct plugin *plugin = NULL;

	for (size_t i = 0; !plugin && i < intake->count; i++)
		if (!strncmp(intake->plugins[i].counts.plugin, name, READING_NAME_MAX))
			plugin = &intake->plugins[i];
	if (!plugin)
		plugin = add(intake, name);
	plugin->used = ++intake->uses;
	return plugin;
}

void reading_intake_refuse(struct reading_intake *intake, const char *plugin)
{
	find(intake, plugin)->counts.refused++;
}

void reading_intake_reject(struct reading_intake *intake, const char *plugin, unsigned count)
{
	find(intake, plugin)->counts.rejected += count;
}

void reading_intake_refuse_declarations(struct reading_intake *intake, const char *plugin,
					unsigned count)
{
	find(intake, plugin)->counts.declarations += count;
}

bool reading_intake_note(struct reading_intake *intake, const char *name,
			 const struct reading_notes *notes, uint64_t now_ms)
{
	struct plugin *plugin;

	if (!notes->left_out && !notes->moved)
		return false;
	plugin = find(intake, name);
	plugin->counts.left_out += notes->left_out;
	plugin->counts.moved += notes->moved;
	if (plugin->has_told && now_ms - plugin->told_ms < INTAKE_TELL_MS)
		return false;
	plugin->has_told = true;
	plugin->told_ms = now_ms;
	return true;
}

const struct reading_intake_counts *reading_intake_at(const struct reading_intake *intake,
						      size_t index)
{
	return index < intake->count ? &intake->plugins[index].counts : NULL;
}
