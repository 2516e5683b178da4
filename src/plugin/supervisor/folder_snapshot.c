#include "plugin/supervisor/folder_snapshot.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"

#define PROBLEMS_SIZE_MAX 65536

void plugin_rules_destroy(struct plugin_rules *rules)
{
	if (rules)
		free(rules->request_problems);
	free(rules);
}

static void finish_item(struct folder_snapshot_item *item)
{
	plugin_source_finish(&item->source);
	plugin_rules_destroy(item->rules);
}

void folder_snapshot_finish(struct folder_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		finish_item(&snapshot->items[i]);
	free(snapshot->items);
	free(snapshot->known);
	plugin_scan_finish(&snapshot->scan);
	tree_watch_list_finish(&snapshot->folders);
}

/* The problems' texts, one a line, as many as fit. The caller frees it; NULL if out of memory. */
static char *join(const struct problem_list *problems)
{
	struct buffer text;

	buffer_init(&text, PROBLEMS_SIZE_MAX);
	for (size_t i = 0; i < problems->count; i++) {
		size_t size = strlen(problems->items[i].text);

		if (text.size + size + 2 > PROBLEMS_SIZE_MAX)
			break;
		if (i)
			buffer_append(&text, "\n", 1);
		buffer_append(&text, problems->items[i].text, size);
	}
	buffer_append(&text, "", 1);
	if (!text.failed)
		return text.data;
	buffer_finish(&text);
	return NULL;
}

/* Without a permission file a plugin requests nothing; with a bad one it is not started. */
static int read_request(const struct plugin_source *source, struct plugin_rules *rules)
{
	struct problem_list problems;
	int ret;

	permission_init(&rules->request);
	problem_list_init(&problems);
	ret = permission_load(source->permission_path, &rules->request, &problems);
	if (ret && ret != ERROR_NOT_FOUND) {
		permission_init(&rules->request);
		rules->request_problems = join(&problems);
		ret = rules->request_problems ? 0 : ERROR_NO_MEMORY;
	} else {
		ret = 0;
	}
	problem_list_finish(&problems);
	return ret;
}

static struct plugin_rules *read_rules(const struct folder_snapshot *snapshot,
				       const struct plugin_source *source)
{
	struct plugin_rules *rules = calloc(1, sizeof(*rules));

	if (!rules || read_request(source, rules) ||
	    approvals_digest(&rules->request, rules->digest)) {
		plugin_rules_destroy(rules);
		return NULL;
	}
	rules->not_approved.code = approvals_read(snapshot->approvals, source->name,
						  &rules->approved, &rules->not_approved);
	rules->is_off = disabled_plugins_is_off(snapshot->disabled, source->name);
	return rules;
}

static void mark_decisions(const struct folder_snapshot *snapshot, const char *name,
			   struct plugin_fingerprint *ret)
{
	struct stat stats[2];
	crypto_generichash_state hash;

	approvals_stat(snapshot->approvals, name, &stats[0]);
	disabled_plugins_stat(snapshot->disabled, name, &stats[1]);
	crypto_generichash_init(&hash, NULL, 0, sizeof(ret->bytes));
	for (int i = 0; i < 2; i++) {
		const uint64_t numbers[] = {
			stats[i].st_mode,
			stats[i].st_ino,
			(uint64_t)stats[i].st_size,
			(uint64_t)stats[i].st_mtim.tv_sec,
			(uint64_t)stats[i].st_mtim.tv_nsec,
		};

		crypto_generichash_update(&hash, (const uint8_t *)numbers, sizeof(numbers));
	}
	crypto_generichash_final(&hash, ret->bytes, sizeof(ret->bytes));
}

static int compare(const void *key, const void *member)
{
	return strcmp(key, ((const struct folder_snapshot_mark *)member)->name);
}

static bool is_known(const struct folder_snapshot *snapshot,
		     const struct folder_snapshot_mark *mark)
{
	const struct folder_snapshot_mark *known =
		snapshot->known_count ? bsearch(mark->name, snapshot->known, snapshot->known_count,
						sizeof(*snapshot->known), compare)
				      : NULL;

	return known && !memcmp(&known->files, &mark->files, sizeof(mark->files)) &&
	       !memcmp(&known->decisions, &mark->decisions, sizeof(mark->decisions));
}

/* Move a source of the scan into an item. A plugin that cannot be read now is left out. */
static void take_source(struct folder_snapshot *snapshot, struct plugin_source *source)
{
	struct folder_snapshot_item *item = &snapshot->items[snapshot->count];

	if (plugin_source_fingerprint(source, &item->mark.files))
		return;
	mark_decisions(snapshot, source->name, &item->mark.decisions);
	memcpy(item->mark.name, source->name, sizeof(item->mark.name));
	if (!is_known(snapshot, &item->mark)) {
		item->rules = read_rules(snapshot, source);
		if (!item->rules)
			return;
	}
	item->source = *source;
	*source = (struct plugin_source){0};
	snapshot->count++;
}

void folder_snapshot_run(struct folder_snapshot *snapshot)
{
	tree_watch_list(snapshot->plugins_folder, &snapshot->folders);
	snapshot->ret = plugin_scan(snapshot->plugins_folder, &snapshot->scan, &snapshot->err);
	if (snapshot->ret)
		return;
	if (snapshot->scan.count)
		snapshot->items = calloc(snapshot->scan.count, sizeof(*snapshot->items));
	if (snapshot->scan.count && !snapshot->items) {
		snapshot->ret = error_set(&snapshot->err, ERROR_NO_MEMORY,
					  "out of memory while scanning the plugins folder; this "
					  "machine needs more free memory");
		return;
	}
	for (size_t i = 0; i < snapshot->scan.count; i++)
		take_source(snapshot, &snapshot->scan.sources[i]);
}
