/* A loop that is not waited on for ever, and a reaper on it. */
#ifndef HARVESTER_TESTS_LOOP_H
#define HARVESTER_TESTS_LOOP_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <uv.h>

#include <cmocka.h>

#include "plugin/process/reaper.h"

#define LOOP_MS_MAX 30000

static uv_loop_t loop;
static uv_timer_t alive; /* the reaper's own handle does not keep the loop */
static struct reaper *reaper;

static inline int loop_set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	uv_loop_init(&loop);
	uv_timer_init(&loop, &alive);
	uv_timer_start(&alive, (uv_timer_cb)abort, LOOP_MS_MAX, 0);
	return reaper_create(&loop, &reaper, NULL);
}

static inline int loop_tear_down(void **state)
{
	(void)state;
	reaper_close(reaper);
	uv_close((uv_handle_t *)&alive, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

#endif
