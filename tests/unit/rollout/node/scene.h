/* An updater with a data folder of its own, and short words for what the hub says to it. */
#ifndef HARVESTER_TESTS_UPDATER_SCENE_H
#define HARVESTER_TESTS_UPDATER_SCENE_H

#include "../../plugin/folder.h"
#include "far_hub.h"

#define CONTENT "this is the bundle"
#define CONTENT_DIGEST "35bdfb568ffc530b58034a93289bfc2e31be96f2d2d4585f2777e9348b332110"
#define OTHER_DIGEST "08518b71617eb0b46c053f3766069649f664e9a3fbaca168d6a861fbec870082"

struct scene {
	struct folder folder; /* the first member: folder.h sees the scene as a folder */
	struct far_hub hub;
};

static inline int scene_setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	void *folder = NULL;

	if (folder_setup(&folder))
		return -1;
	scene->folder = *(struct folder *)folder;
	free(folder);
	*state = scene;
	return far_hub_open(&scene->hub, scene->folder.path, "hub");
}

static inline int scene_teardown(void **state)
{
	struct scene *scene = *state;
	int ret = far_hub_close(&scene->hub);

	folder_teardown(state);
	return ret;
}

/* The node starts anew, as a member of this hub. */
static inline void reopen(struct scene *scene, const char *membership)
{
	assert_int_equal(far_hub_close(&scene->hub), 0);
	memset(&scene->hub, 0, sizeof(scene->hub));
	assert_int_equal(far_hub_open(&scene->hub, scene->folder.path, membership), 0);
}

static inline void answer(struct scene *scene, const char *text)
{
	far_hub_answer(&scene->hub, &scene->hub.question, 200, text, strlen(text));
	far_hub_run(&scene->hub);
}

/* The hub wants this of a plugin whose bundle has the size of CONTENT. `all`: the number of the
 * whole desired state. */
static inline void offer_of(struct scene *scene, const char *plugin, uint64_t all, uint64_t number,
			    const char *task, const char *digest)
{
	json_t *json =
		json_pack("{s:I, s:[{s:I, s:s, s:s, s:s, s:s, s:I}]}", "number", (json_int_t)all,
			  "desired", "number", (json_int_t)number, "task", task, "name", plugin,
			  "version", "2.0", "digest", digest, "size", (json_int_t)strlen(CONTENT));
	char *text = json_dumps(json, JSON_COMPACT);

	if (!scene->hub.question.done)
		rollout_updater_ask(scene->hub.updater);
	answer(scene, text);
	free(text);
	json_decref(json);
}

static inline void offer(struct scene *scene, uint64_t all, uint64_t number, const char *task,
			 const char *digest)
{
	offer_of(scene, "lamp", all, number, task, digest);
}

/* Of the last report in the question that waits for an answer; "": none. */
static inline const char *reported(struct scene *scene)
{
	static char state[32];
	json_t *body;
	const json_t *list;
	const char *text;

	/* A report that came while another question was running follows it. */
	while (scene->hub.updater->ask_again)
		answer(scene, "{}");
	body = json_loads(scene->hub.question.body, 0, NULL);
	list = json_object_get(body, "reports");
	text = json_string_value(
		json_object_get(json_array_get(list, json_array_size(list) - 1), "state"));
	snprintf(state, sizeof(state), "%s", text && scene->hub.question.done ? text : "");
	json_decref(body);
	return state;
}

/* The store says this of the version from now on. */
static inline void change(struct scene *scene, enum bundle_progress progress)
{
	scene->hub.store.progress = progress;
	rollout_updater_note_change(scene->hub.updater, "lamp");
	far_hub_run(&scene->hub);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scene_setup, scene_teardown)

#endif
