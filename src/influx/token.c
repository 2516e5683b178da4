#include "influx/token.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

void influx_token_forget(char **authorization)
{
	if (*authorization)
		sodium_memzero(*authorization, strlen(*authorization));
	free(*authorization);
	*authorization = NULL;
}

static int make_header(struct buffer *file, const char *path, char **ret_header, struct error *err)
{
	char *header;

	if (file->size)
		file->data[strcspn(file->data, "\r\n")] = '\0';
	if (!file->size || !*file->data)
		return error_set(err, ERROR_INVALID, "%s is empty: write the token into it", path);
	if (asprintf(&header, "Authorization: Token %s", file->data) < 0)
		return error_set(err, ERROR_NO_MEMORY, "cannot read %s: %s", path,
				 error_text(ERROR_NO_MEMORY));
	*ret_header = header;
	return 0;
}

int influx_token_read(const char *path, char **authorization, struct error *err)
{
	struct buffer file;
	int ret;

	influx_token_forget(authorization);
	if (!path)
		return 0;
	ret = buffer_read_file(&file, path, INFLUX_TOKEN_SIZE_MAX, err);
	if (ret)
		return ret;
	ret = make_header(&file, path, authorization, err);
	if (file.size)
		sodium_memzero(file.data, file.size);
	buffer_finish(&file);
	return ret;
}
