/*
 * The folder of the cache of compiled components, with the artifacts and their MACs.
 *
 * A guest maps an artifact and runs it without further checks, so an artifact is used only if this
 * program made it: no other user may enter the folder, and each artifact has a keyed MAC (BLAKE2b)
 * over its name and content, by a key that is in this folder alone.
 *
 *   key                       32 random bytes
 *   SHA256-ENGINE.cwasm       the artifact of the component with this SHA-256
 *   SHA256-ENGINE.cwasm.mac   its MAC
 *   *.tmp                     a file that is being written, or was left by a crash
 *
 * Any thread; all functions block on the disk. Several processes may use the same folder.
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
#define ARTIFACT_STORE_ENTRIES_MAX 10000 /* most artifacts that artifact_store_trim() considers */
#define ARTIFACT_IN_USE_MAX 1024	 /* how many of the latest artifacts count as in use */

struct artifact_id {
	uint8_t sha256[ARTIFACT_ID_SIZE];
};

struct artifact_store {
	char *folder;	  /* owned */
	char *engine_key; /* owned */
	int fd;		  /* owned; the open folder, with a shared flock() on it */
	uint8_t key[ARTIFACT_KEY_SIZE];
	pthread_mutex_t lock;				/* guards the fields below */
	struct artifact_id in_use[ARTIFACT_IN_USE_MAX]; /* a ring */
	unsigned used;					/* ever put into the ring */
};

/*
 * Open the store. Creates the folder (its parent must exist) and the key if they do not exist, and
 * removes what a crash left. ERROR_INVALID if the folder belongs to another user, if others may
 * enter it, or if the engine key has a forbidden character; ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int artifact_store_init(struct artifact_store *store, const char *folder, const char *engine_key,
			struct error *err);
void artifact_store_finish(struct artifact_store *store);

/*
 * Hash a component. ERROR_TOO_LARGE if it has more than `limit` bytes; errors of
 * file_open_regular().
 */
int artifact_store_identify(const char *wasm_path, uint64_t limit, struct artifact_id *ret_id,
			    uint64_t *ret_size, struct error *err);

/*
 * Check that the artifact exists and its MAC is right, and mark it as used now. ERROR_NOT_FOUND if
 * it does not exist; ERROR_CHECKSUM if it has no MAC or a wrong one; errors of
 * private_file_check(). After any error it has to be compiled again.
 */
int artifact_store_find(struct artifact_store *store, const struct artifact_id *id,
			struct error *err);

/*
 * The paths of the artifact, of the component's copy for the compiler (staged), and of the
 * compiler's output. The caller frees them with free(); NULL if out of memory.
 */
char *artifact_store_path(const struct artifact_store *store, const struct artifact_id *id);
char *artifact_store_staged_path(const struct artifact_store *store, const struct artifact_id *id);
char *artifact_store_output_path(const struct artifact_store *store, const struct artifact_id *id);

/*
 * Copy the component to its staged path. ERROR_BUSY if its bytes are no longer those of `id`;
 * ERROR_TOO_LARGE if it has more than `limit` bytes; errors of file_open_regular().
 */
int artifact_store_stage(const struct artifact_store *store, const struct artifact_id *id,
			 const char *wasm_path, uint64_t limit, struct error *err);

/*
 * Make the compiler's output the artifact, with a MAC. ERROR_NOT_FOUND if there is no output;
 * ERROR_SYSTEM.
 */
int artifact_store_seal(const struct artifact_store *store, const struct artifact_id *id,
			struct error *err);

/* Remove the staged copy and the temporary files that a compiler has left for `id`. */
void artifact_store_discard(const struct artifact_store *store, const struct artifact_id *id);

/*
 * Make the next artifact_store_find() of this artifact fail. Removes one small file, so it may be
 * called on the loop thread.
 */
void artifact_store_forget(const struct artifact_store *store, const char *artifact_path);

/* Remove an artifact, by its file name, unless it is in use. False if it was not removed. */
bool artifact_store_remove(struct artifact_store *store, const char *name);

/*
 * Remove artifacts that are not in use, the longest unused first, until the rest has at most
 * max_bytes. Returns how many bytes the rest has. (trim.c)
 */
uint64_t artifact_store_trim(struct artifact_store *store, uint64_t max_bytes);

#endif
