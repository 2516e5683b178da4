/*
 * Reads a bundle: its manifest, then its files, each of which must have the path, size and SHA-256
 * that the manifest says, in the manifest's order, and nothing else may follow. Check the signature
 * before (bundle/trust.h): a file that nobody trusts should not reach this parser.
 */
#ifndef HARVESTER_BUNDLE_READ_H
#define HARVESTER_BUNDLE_READ_H

#include "bundle/manifest.h"

/* bytes of a whole bundle; the rest are headers */
#define BUNDLE_SIZE_MAX (BUNDLE_BYTES_MAX + (8ull << 20))

/*
 * Receives the files of a bundle. A result other than 0 ends bundle_read(), which returns it. What
 * was received is worthless unless bundle_read() returns 0: the digest of a file is known only at
 * its end.
 */
struct bundle_sink {
	/* The manifest was read and checked. */
	int (*on_manifest)(void *arg, const struct bundle_manifest *manifest, struct error *err);
	int (*on_begun)(void *arg, const struct bundle_file *file, struct error *err);
	int (*on_data)(void *arg, const void *data, size_t size, struct error *err);
	int (*on_ended)(void *arg, struct error *err);
	void *arg; /* borrowed */
};

/*
 * Read the bundle in the open file from its beginning. `sink` NULL: only check it. The caller ends
 * *ret_manifest with bundle_manifest_finish(). ERROR_MALFORMED, ERROR_TOO_LARGE, ERROR_UNSUPPORTED,
 * ERROR_CHECKSUM if a file has not the SHA-256 of the manifest, ERROR_NO_MEMORY. Blocks on the
 * disk. Any thread.
 */
int bundle_read(int fd, const struct bundle_sink *sink, struct bundle_manifest *ret_manifest,
		struct error *err);

/* Read the manifest alone. What it says of the files is not compared with them. */
int bundle_read_manifest(int fd, struct bundle_manifest *ret_manifest, struct error *err);

#endif
