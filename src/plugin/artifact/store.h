/*
 * The folder of ahead-of-time compiled components. What is in it gets mapped and run with full
 * trust, so it is used only if this program made it: the folder is ours alone, and each artifact
 * has a keyed MAC (BLAKE2b) of its name and content, by a key that never leaves the folder.
 *
 *   key                          32 random bytes
 *   SHA256-ENGINE.cwasm, .cwasm.mac
 *   *.tmp                        on the way to one of those, or left behind by a crash
 *
 * Any thread may call any function; all of them block on the disk. Several processes may share a
 * folder.
 */
#ifndef HARVESTER_PLUGIN_ARTIFACT_STORE_H
#define HARVESTER_PLUGIN_ARTIFACT_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct error;

#define ARTIFACT_ID_SIZE 32 /* SHA-256 of the component */
#define ARTIFACT_KEY_SIZE 32
#define ARTIFACT_ENGINE_KEY_MAX 64	 /* bytes; letters, digits, "-", "_", "." */
#define ARTIFACT_STORE_ENTRIES_MAX 10000 /* files of the folder that trimming looks at */
#define ARTIFACT_IN_USE_MAX 1024	 /* the latest ones, which trimming leaves alone */

struct artifact_id {
	uint8_t sha256[ARTIFACT_ID_SIZE];
};

struct artifact_store {
	char *folder;	  /* owned */
	char *engine_key; /* owned */
	int fd;		  /* owned; of the folder, with a shared lock on it */
	uint8_t key[ARTIFACT_KEY_SIZE];
	pthread_mutex_t lock;				/* of what follows */
	struct artifact_id in_use[ARTIFACT_IN_USE_MAX]; /* a ring */
	unsigned used;					/* ever put into the ring */
};

/*
 * Make the folder (its parent has to be there) and the key if they are missing, and remove what a
 * crash left. ERROR_INVALID for a folder that others own or may enter, and for a bad engine key;
 * ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int artifact_store_init(struct artifact_store *store, const char *folder, const char *engine_key,
			struct error *err);
void artifact_store_finish(struct artifact_store *store);

/* The SHA-256 and size of a component of at most `limit` bytes. */
int artifact_store_identify(const char *wasm_path, uint64_t limit, struct artifact_id *ret_id,
			    uint64_t *ret_size, struct error *err);

/*
 * Whether the artifact is there and ours; marks it as used now. ERROR_NOT_FOUND when it is not
 * there, else the error says what is wrong with it: it has to be made again either way.
 */
int artifact_store_find(struct artifact_store *store, const struct artifact_id *id,
			struct error *err);

/* Fresh paths, owned by the caller: of the artifact, of a staged component, of the output. */
char *artifact_store_path(const struct artifact_store *store, const struct artifact_id *id);
char *artifact_store_staged_path(const struct artifact_store *store, const struct artifact_id *id);
char *artifact_store_output_path(const struct artifact_store *store, const struct artifact_id *id);

/* Copy the component to its staged path. ERROR_BUSY when its bytes are not those of `id` any more.
 */
int artifact_store_stage(const struct artifact_store *store, const struct artifact_id *id,
			 const char *wasm_path, uint64_t limit, struct error *err);

/* Take what the compiler left at the output path into the store, with a MAC. */
int artifact_store_seal(const struct artifact_store *store, const struct artifact_id *id,
			struct error *err);

/* Remove what artifact_store_stage() and a compiler, even a killed one, made for `id`. */
void artifact_store_discard(const struct artifact_store *store, const struct artifact_id *id);

/* Make the next artifact_store_find() of this path fail. One small file is removed: may be called
 * on the loop. */
void artifact_store_forget(const struct artifact_store *store, const char *artifact_path);

/* Remove an artifact, named without its folder, that is not in use; false if it is still there. */
bool artifact_store_remove(struct artifact_store *store, const char *name);

/*
 * Remove artifacts, the longest unused first, until the rest has at most max_bytes; none in use.
 * Returns how many bytes are left. (trim.c)
 */
uint64_t artifact_store_trim(struct artifact_store *store, uint64_t max_bytes);

#endif
