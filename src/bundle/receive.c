#include "bundle/receive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/work_queue.h"
#include "bundle/store.h"
#include "config/config.h"
#include "config/update_keys.h"
#include "plugin/policy/approvals.h"

struct receiving {
	struct bundle_receive receive; /* without the data */
	struct config config;	       /* a copy of what decides; owned */
	int fd;			       /* the bundle, in memory */
	char *signature;	       /* owned */
	char name[PLUGIN_NAME_SIZE];   /* "": any */
	int ret;
	struct error err;
	struct bundle_installed installed;
};

static int install(struct receiving *receiving, struct approvals *approvals,
		   struct bundle_store *store)
{
	const struct bundle_install install = {
		.config = &receiving->config,
		.approvals = approvals,
		.time = bundle_time_now(),
		.fd = receiving->fd,
		.signature = receiving->signature,
		.shown = "the bundle",
		.name = *receiving->name ? receiving->name : NULL,
	};

	return bundle_store_install(store, &install, &receiving->installed, &receiving->err);
}

static void work(void *arg)
{
	struct receiving *receiving = arg;
	const struct bundle_store_config folders = {receiving->receive.data_folder,
						    receiving->receive.plugins_folder};
	struct approvals *approvals = NULL;
	struct bundle_store *store = NULL;
	int ret = approvals_create(folders.data_folder, &approvals, &receiving->err);

	if (!ret)
		ret = bundle_store_open(&folders, &store, &receiving->err);
	if (!ret)
		ret = install(receiving, approvals, store);
	bundle_store_close(store);
	approvals_destroy(approvals);
	receiving->ret = ret;
}

static void finish(struct receiving *receiving)
{
	if (receiving->fd >= 0)
		close(receiving->fd);
	config_update_finish(&receiving->config);
	json_decref(receiving->installed.news);
	free(receiving->signature);
	free(receiving);
}

static void on_done(void *arg, int status)
{
	struct receiving *receiving = arg;
	const struct bundle_receive *receive = &receiving->receive;
	json_t *json = NULL;

	if (status)
		receiving->ret = error_set(&receiving->err, status,
					   "the node is stopping: try again when it has started");
	if (!receiving->ret)
		json = bundle_installed_to_json(&receiving->installed);
	receive->on_installed(receive->arg, receiving->ret, &receiving->err, json);
	finish(receiving);
}

static int fill(struct receiving *receiving, const struct bundle_receive *receive)
{
	receiving->receive = *receive;
	receiving->fd = receive->data ? memfd_create("bundle", MFD_CLOEXEC) : receive->fd;
	receiving->signature = receive->signature ? strdup(receive->signature) : NULL;
	snprintf(receiving->name, sizeof(receiving->name), "%s",
		 receive->name ? receive->name : "");
	if (config_update_copy(receive->config, &receiving->config) || receiving->fd < 0 ||
	    (receive->signature && !receiving->signature) ||
	    (receive->data && durable_file_write(receiving->fd, receive->data, receive->size)) ||
	    lseek(receiving->fd, 0, SEEK_SET))
		return ERROR_NO_MEMORY;
	return 0;
}

int bundle_receive(const struct bundle_receive *receive, struct error *err)
{
	struct receiving *receiving = calloc(1, sizeof(*receiving));
	int ret = receiving ? fill(receiving, receive) : ERROR_NO_MEMORY;

	if (!receiving && !receive->data)
		close(receive->fd);
	if (!ret)
		ret = work_queue_submit(receive->queue, work, on_done, receiving);
	if (!ret)
		return 0;
	if (receiving)
		finish(receiving);
	return error_set(err, ret, "cannot receive the bundle: %s; try again in a few seconds",
			 error_text(ret));
}
