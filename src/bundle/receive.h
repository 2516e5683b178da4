/*
 * Installs a bundle from memory, on the thread of a work queue. Loop thread.
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
	const void *data;
	size_t size;
	const char *signature; /* NULL: none */
	bundle_installed_cb *on_installed;
	void *arg;
};

/* As bundle_probation_install(). */
int bundle_receive(const struct bundle_receive *receive, struct error *err);

#endif
