/*
 * Installs a bundle from memory or from a file, on the thread of a work queue. Loop thread.
 */
#ifndef HARVESTER_BUNDLE_RECEIVE_H
#define HARVESTER_BUNDLE_RECEIVE_H

#include "bundle/probation.h"

struct work_queue;

/* All is copied, or borrowed until on_installed(). */
struct bundle_receive {
	struct work_queue *queue;
	const struct config *config;
	const char *data_folder, *plugins_folder;
	const void *data; /* NULL: the bundle is in the open file `fd`, which this takes over */
	size_t size;
	int fd;
	const char *name;      /* of the plugin that it has to be; NULL: any */
	const char *signature; /* NULL: none */
	bundle_installed_cb *on_installed;
	void *arg;
};

/* As bundle_probation_install(). */
int bundle_receive(const struct bundle_receive *receive, struct error *err);

#endif
