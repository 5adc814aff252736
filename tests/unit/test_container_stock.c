/* A bundle as an officer without Satchel meets it: stock tools alone. */
#include "container.h"
#include "format/codec.h"
#include "stock.h"

static void
write_real(enum codec codec)
{
	static const char text[] = "{\"satchel\":\"records/1\"}\n";
	CLEANUP(buf_clear) struct buf file = BUF_INIT, packed = BUF_INIT;
	CLEANUP(writer_freep) struct writer *w = NULL;
	CLEANUP(codec_freep) struct codec_ctx *c = NULL;
	struct writer_out out = { write_buf, &file };
	struct manifest m = sample_manifest(MANIFEST_BUNDLE);
	unsigned char hash[32], id[32];
	char name[FORMAT_NAME_MAX];

	CHECK_OK(codec_new(&c, &e), &e);
	CHECK_OK(codec_pack(c, codec, 3, text, strlen(text), &packed, &e),
	    &e);
	(void)crypto_generichash(hash, sizeof hash,
	    (unsigned char *)packed.at, packed.len, NULL, 0);
	writer_name(name, 1, 1, codec, 0);
	CHECK_OK(writer_new(&w, &out, &e), &e);
	CHECK_OK(writer_data(w, name, packed.at, packed.len, hash, &e), &e);
	CHECK_OK(writer_finish(w, &m, key, id, &e), &e);
	stock_put("f.satchel", file.at, file.len);
	stock_put("want", text, strlen(text));
	buf_reset(&packed);
	minisign_pub_write(&pub, &packed);
	stock_put("sender.pub", packed.at, packed.len);
}

/* The commands of README.txt. */
static void
check_with_stock_tools(const char *unpack)
{
	stock_sh("rm -rf d && mkdir d");
	stock_sh("cd d && tar xf ../f.satchel");
	stock_sh("cd d && minisign -VHm SUMS -p ../sender.pub");
	stock_sh("cd d && b2sum -c --strict SUMS");
	stock_sh("tar tf f.satchel >listed && ( sed -n "
	    "'s/^BLAKE2b-256 (\\(.*\\)) = .*/\\1/p' d/SUMS; "
	    "echo SUMS; echo SUMS.minisig ) | cmp - listed");
	stock_sh(unpack);

	/* Everything has one owner, time and mode. */
	stock_sh("tar tvf f.satchel --numeric-owner --utc | "
	    "grep -cv '^-rw-r--r-- 0/0 .* 1970-01-01 00:00 ' | grep -qx 0");

	/* A byte of a member, and of SUMS. */
	stock_sh("cd d && printf x >>manifest.json");
	CHECK(stock_status("cd d && b2sum -c --strict SUMS") != 0);
	stock_sh("cd d && printf '#\\n' >>SUMS");
	CHECK(stock_status("cd d && minisign -VHm SUMS -p ../sender.pub") !=
	    0);
}

TEST(stock_zstd)
{
	write_real(CODEC_ZSTD);
	check_with_stock_tools("cd d && "
	    "zstd -qdc 000001.records.jsonl.zst | cmp - ../want");
}

TEST(stock_gzip)
{
	write_real(CODEC_GZIP);
	check_with_stock_tools("cd d && "
	    "gzip -dc 000001.records.jsonl.gz | cmp - ../want");
}

int
main(void)
{
	return container_run();
}
