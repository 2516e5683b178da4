#include "bundle/trust.h"

#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "base/buffer.h"
#include "base/error.h"
#include "bundle/manifest.h"
#include "bundle/read.h"
#include "config/config.h"

struct bundle_time bundle_time_now(void)
{
	struct timex kernel = {0};
	struct bundle_time time = {0};
	struct stat program;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	time.now_ms = (uint64_t)now.tv_sec * 1000;
	time.is_good = adjtimex(&kernel) >= 0 && !(kernel.status & STA_UNSYNC);
	if (!time.is_good && !stat("/proc/self/exe", &program))
		time.is_good = now.tv_sec >= program.st_mtim.tv_sec;
	return time;
}

static int load_key(const struct config_trusted_key *entry, struct minisign_public *ret_key,
		    struct error *err)
{
	struct buffer text;
	int ret;

	if (config_key_is_text(entry->key))
		return minisign_public_parse(entry->key, strlen(entry->key), entry->key, ret_key,
					     err);
	ret = buffer_read_file(&text, entry->key, MINISIGN_FILE_MAX, err);
	if (ret)
		return error_wrap(err, ret, "trusted_keys under [updates]");
	ret = minisign_public_parse(text.data ? text.data : "", text.size, entry->key, ret_key,
				    err);
	buffer_finish(&text);
	return ret;
}

/* The entry with this key's id, and the key itself. A key file that cannot be read is an error only
 * if no other entry has the id. NULL: none has. */
static const struct config_trusted_key *find_key(const struct config *config,
						 const char id[MINISIGN_ID_TEXT_SIZE],
						 struct minisign_public *ret_key, struct error *err)
{
	for (size_t i = 0; i < config->updates.trusted_keys_count; i++) {
		const struct config_trusted_key *entry = &config->updates.trusted_keys[i];
		char found[MINISIGN_ID_TEXT_SIZE];

		if (load_key(entry, ret_key, err))
			continue;
		minisign_id_text(ret_key->id, found);
		if (!strcmp(found, id))
			return entry;
	}
	return NULL;
}

static int refuse_unsigned(const struct config *config, const char *shown, struct error *err)
{
	return error_set(err, ERROR_NOT_GRANTED,
			 "%s has no signature, which this node requires%s: sign it with `harvester "
			 "bundle sign`, and keep its .minisig beside it",
			 shown,
			 config->updates.trusted_keys_count
				 ? ""
				 : " (and trusted_keys under [updates] has no key yet)");
}

static int refuse_key(const char *id, const char *shown, const struct error *why, struct error *err)
{
	if (why->code)
		return error_set(
			err, ERROR_NOT_GRANTED,
			"%s is signed with the key %s, which is not among trusted_keys under "
			"[updates], but one of these cannot be read, so correct that first: %.200s",
			shown, id, why->text);
	return error_set(err, ERROR_NOT_GRANTED,
			 "%s is signed with the key %s, which this node does not trust: if you do, "
			 "add its public key to trusted_keys under [updates] in the configuration",
			 shown, id);
}

/* A signature, and the trusted key that it names. */
struct signer {
	struct minisign_signature signature;
	struct minisign_public key;
	char id[MINISIGN_ID_TEXT_SIZE];
};

static int find_signer(const struct config *config, const char *signature, const char *shown,
		       struct signer *ret_signer, struct error *err)
{
	struct error why = {0};
	int ret = minisign_signature_parse(signature, strlen(signature), shown,
					   &ret_signer->signature, err);

	if (ret)
		return ret;
	minisign_id_text(ret_signer->signature.id, ret_signer->id);
	if (!find_key(config, ret_signer->id, &ret_signer->key, &why))
		return refuse_key(ret_signer->id, shown, &why, err);
	return 0;
}

static int check_hash(const struct signer *signer, const uint8_t hash[MINISIGN_HASH_SIZE],
		      const char *shown, char ret_id[MINISIGN_ID_TEXT_SIZE], struct error *err)
{
	int ret = minisign_check(&signer->signature, &signer->key, hash, shown, err);

	if (!ret)
		memcpy(ret_id, signer->id, MINISIGN_ID_TEXT_SIZE);
	return ret;
}

int bundle_trust_check(const struct config *config, int fd, const char *signature,
		       const char *shown, char ret_id[MINISIGN_ID_TEXT_SIZE], struct error *err)
{
	uint8_t hash[MINISIGN_HASH_SIZE];
	struct signer signer;
	int ret;

	if (!signature && config->updates.require_signature)
		return refuse_unsigned(config, shown, err);
	if (!signature) {
		snprintf(ret_id, MINISIGN_ID_TEXT_SIZE, BUNDLE_UNSIGNED);
		return 0;
	}
	ret = find_signer(config, signature, shown, &signer, err);
	if (!ret)
		ret = minisign_hash(fd, shown, BUNDLE_SIZE_MAX, hash, err);
	return ret ? ret : check_hash(&signer, hash, shown, ret_id, err);
}

int bundle_trust_check_text(const struct config *config, const struct buffer *text,
			    const char *signature, const char *shown,
			    char ret_id[MINISIGN_ID_TEXT_SIZE], struct error *err)
{
	uint8_t hash[MINISIGN_HASH_SIZE];
	struct signer signer;
	int ret = find_signer(config, signature, shown, &signer, err);

	if (ret)
		return ret;
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)text->data, text->size, NULL, 0);
	return check_hash(&signer, hash, shown, ret_id, err);
}

static bool may_sign(const struct config_trusted_key *entry, const char *name)
{
	for (size_t i = 0; entry->names[i]; i++)
		if (!strcmp(entry->names[i], name))
			return true;
	return !entry->names[0];
}

int bundle_trust_check_name(const struct config *config, const char *id, const char *name,
			    struct error *err)
{
	const struct config_trusted_key *entry;
	struct minisign_public key;

	if (!strcmp(id, BUNDLE_UNSIGNED))
		return 0;
	entry = find_key(config, id, &key, NULL);
	if (entry && may_sign(entry, name))
		return 0;
	return error_set(
		err, ERROR_NOT_GRANTED,
		"the key %s may not sign the plugin %s: `names` of the key in trusted_keys "
		"under [updates] does not list it",
		id, name);
}

int bundle_trust_check_manifest(const struct config *config, const char *id,
				const struct bundle_manifest *manifest,
				const struct bundle_time *time, struct error *err)
{
	char expires[BUNDLE_TIME_SIZE];
	int ret = bundle_trust_check_name(config, id, manifest->name, err);

	if (ret)
		return ret;
	bundle_time_print(manifest->expires_ms, expires);
	if (manifest->expires_ms && time->is_good && time->now_ms >= manifest->expires_ms)
		return error_set(err, ERROR_TIMEOUT,
				 "the bundle %s %s expired at %s: get a newer one, or check this "
				 "machine's clock",
				 manifest->name, manifest->version, expires);
	if (bundle_version_compare(HARVESTER_VERSION, manifest->host) < 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the bundle %s %s needs harvester %s, and this is %s: update "
				 "harvester first",
				 manifest->name, manifest->version, manifest->host,
				 HARVESTER_VERSION);
	return 0;
}
