/*
 * The manifest of a bundle: what the bundle holds and what its plugin requests. It is the first
 * entry of the bundle, as JSON, and names every other entry with its size and SHA-256.
 *
 * Since the signature covers the manifest, it covers the request too: a signed bundle cannot come
 * to request more than its signer saw. Plain values; any thread.
 */
#ifndef HARVESTER_BUNDLE_MANIFEST_H
#define HARVESTER_BUNDLE_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/permission.h"
#include "plugin/discovery/source.h"

struct buffer;
struct error;

#define BUNDLE_FORMAT 1
#define BUNDLE_MANIFEST_MAX (1u << 20)	/* bytes of the manifest */
#define BUNDLE_FILES_MAX 4000		/* files of the plugin */
#define BUNDLE_PATH_MAX 200		/* bytes of a file's path in the plugin's folder */
#define BUNDLE_BYTES_MAX (320ull << 20) /* of all files together; a component may have 256 MB */
#define BUNDLE_VERSION_MAX 32
#define BUNDLE_TEXT_MAX 256		       /* bytes of the description and of the source */
#define BUNDLE_COUNTER_MAX 9007199254740991ull /* what every JSON reader holds exactly */
#define BUNDLE_DIGEST_SIZE 65		       /* a SHA-256 in hexadecimal digits, and a 0 */
#define BUNDLE_TIME_SIZE 24		       /* "2027-01-31T00:00:00Z" */

struct bundle_file {
	char *path; /* owned; relative to the plugin's folder */
	uint64_t size;
	uint8_t sha256[32];
};

/* Sorted by path, byte by byte. */
struct bundle_files {
	struct bundle_file *items; /* owned, with the paths */
	size_t count;
	uint64_t total;	    /* bytes */
	uint64_t newest_ms; /* when one of them was last changed; 0 if they come from a manifest */
};

struct bundle_manifest {
	char name[PLUGIN_NAME_SIZE];	      /* of the plugin */
	char version[BUNDLE_VERSION_MAX + 1]; /* for people: letters, digits, ".", "-", "+", "_" */
	uint64_t counter; /* for nodes: grows with each version; 1..BUNDLE_COUNTER_MAX */
	char host[BUNDLE_VERSION_MAX + 1]; /* the oldest version of harvester that it runs on */
	uint64_t expires_ms;		   /* Unix time; 0: never */
	char description[BUNDLE_TEXT_MAX + 1], source[BUNDLE_TEXT_MAX + 1]; /* "": none */
	struct permission request;
	struct bundle_files files;
};

void bundle_files_finish(struct bundle_files *files);
void bundle_manifest_finish(struct bundle_manifest *manifest);

/* Append a file, which the list then owns. ERROR_NO_MEMORY; `path` is copied. */
int bundle_files_add(struct bundle_files *files, const char *path, uint64_t size,
		     const uint8_t sha256[32]);
/* Sort by path. */
void bundle_files_sort(struct bundle_files *files);

/*
 * Check that all paths can be unpacked anywhere: relative, without "..", hidden parts, control
 * characters or others than printable ASCII, sorted, none twice (also not if case is ignored), none
 * both a file and a folder, and within the limits above. ERROR_MALFORMED, ERROR_TOO_LARGE.
 */
int bundle_files_check(const struct bundle_files *files, struct error *err);

/* Whether both have the same paths with the same content. If not, *ret_path is one that differs,
 * borrowed from one of them. */
bool bundle_files_equal(const struct bundle_files *a, const struct bundle_files *b,
			const char **ret_path);

/* Append the JSON text. ERROR_TOO_LARGE beyond BUNDLE_MANIFEST_MAX, ERROR_NO_MEMORY. */
int bundle_manifest_print(const struct bundle_manifest *manifest, struct buffer *text);

/*
 * Read the JSON text, and check it completely. The caller ends *ret_manifest with
 * bundle_manifest_finish(). ERROR_MALFORMED, ERROR_UNSUPPORTED for a newer format, ERROR_TOO_LARGE,
 * ERROR_NO_MEMORY.
 */
int bundle_manifest_parse(const char *text, size_t size, struct bundle_manifest *ret_manifest,
			  struct error *err);

/* For people and programs: all but the digests of the files. The caller owns it; NULL if out of
 * memory. */
json_t *bundle_manifest_to_json(const struct bundle_manifest *manifest);

bool bundle_is_version(const char *text); /* a version as above */
bool bundle_is_text(const char *text);	  /* one line of plain text, as a description */
bool bundle_is_name(const char *text);	  /* the name of a plugin that plugin_scan() accepts */
bool bundle_is_digest(const char *text);  /* a SHA-256 in 64 hexadecimal digits, in lower case */

/* "2027-01-31" or "2027-01-31T12:00:00Z". False if it is neither, or before 1970. */
bool bundle_time_parse(const char *text, uint64_t *ret_ms);
void bundle_time_print(uint64_t unix_ms, char ret_text[BUNDLE_TIME_SIZE]);

/* Less than 0 if the version `a` is older than `b`, 0 if equal: the numbers at their beginnings,
 * separated by ".", decide. */
int bundle_version_compare(const char *a, const char *b);

#endif
