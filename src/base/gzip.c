#include "base/gzip.h"

#include <stdint.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/error.h"

#define WINDOW_GZIP (MAX_WBITS + 16) /* zlib.h: 16 more means gzip's head and tail */
#define STEP 16384

/* Run zlib's deflate() or inflate() until the stream or the input ends. */
static int run(z_stream *stream, int (*step)(z_stream *stream, int flush), int flush,
	       struct buffer *out)
{
	int state = Z_OK, ret;
	Bytef chunk[STEP];

	while (state == Z_OK) {
		stream->next_out = chunk;
		stream->avail_out = STEP;
		state = step(stream, flush);
		ret = buffer_append(out, chunk, STEP - stream->avail_out);
		if (ret)
			return ret;
	}
	if (state == Z_STREAM_END && !stream->avail_in)
		return 0;
	return state == Z_MEM_ERROR ? ERROR_NO_MEMORY : ERROR_MALFORMED;
}

int gzip_pack(const void *data, size_t size, int level, struct buffer *out)
{
	z_stream stream = {.next_in = (Bytef *)data, .avail_in = (uInt)size};
	int ret;

	if (size > UINT32_MAX)
		return ERROR_TOO_LARGE;
	if (deflateInit2(&stream, level, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY))
		return ERROR_NO_MEMORY;
	ret = run(&stream, deflate, Z_FINISH, out);
	deflateEnd(&stream);
	return ret;
}

int gzip_unpack(const void *data, size_t size, struct buffer *out)
{
	z_stream stream = {.next_in = (Bytef *)data, .avail_in = (uInt)size};
	int ret;

	if (size > UINT32_MAX)
		return ERROR_TOO_LARGE;
	if (inflateInit2(&stream, WINDOW_GZIP))
		return ERROR_NO_MEMORY;
	ret = run(&stream, inflate, Z_NO_FLUSH, out);
	inflateEnd(&stream);
	return ret;
}
