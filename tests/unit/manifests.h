/* manifests.h: a manifest of each kind as text, for tests. */
#ifndef SATCHEL_TEST_MANIFESTS_H
#define SATCHEL_TEST_MANIFESTS_H

#define A "0123456789abcdef"
#define B "fedcba9876543210"
#define H1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define H2 "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FROM "\"from\":{\"generation\":1,\"key\":\"0123456789ABCDEF\"," \
	"\"name\":\"Accra\",\"nonce\":\"" A "\",\"site\":\"lab-a\"}"
#define HEADS "\"heads\":[[\"lab-a\",1,\"" A "\",12,\"" H1 "\"]," \
	"[\"lab-b\",2,\"" B "\",3,\"" H2 "\"]]"
#define HEARD "\"heard\":[[\"lab-a\",[\"lab-b\",2,\"" B "\"],4,\"" H1 "\"]," \
	"[\"lab-c\",[\"lab-b\",2,\"" B "\"],5,\"" H2 "\"]]"
#define RECEIPTS "\"receipts\":[" \
	"[\"lab-a\",[\"lab-b\",2,\"" B "\"],[\"*\"],40]," \
	"[\"lab-a\",[\"lab-b\",2,\"" B "\"],[\"Client\",\"Sample\"],0]]"
#define TO "\"to\":[{\"name\":\"Berlin\",\"site\":\"lab-b\"}," \
	"{\"name\":\"Cairo\",\"site\":\"lab-c\"}]"
#define TOTALS "\"totals\":{\"blob_bytes\":100,\"blobs\":1,\"deleted\":2," \
	"\"members\":3,\"records\":4,\"unpacked\":4096,\"versions\":5}"
#define CREATED "\"created\":\"2026-01-02T03:04:05Z\",\"critical\":[]"

#define BUNDLE "{\"compression\":\"zstd\"," CREATED ",\"encryption\":\"age\"," \
	"\"filter\":[\"Client\",\"Sample\"],\"format\":1," FROM "," HEADS "," \
	HEARD ",\"kind\":\"bundle\"," RECEIPTS ",\"sequence\":7," \
	"\"since\":6," TO "," TOTALS ",\"until\":9}"
#define EXCERPT "{\"compression\":\"gzip\"," CREATED "," \
	"\"encryption\":\"none\",\"filter\":[\"*\"],\"format\":1," FROM "," \
	HEADS "," HEARD ",\"kind\":\"excerpt\"," RECEIPTS "," \
	"\"sequence\":7," TO "," TOTALS "}"
#define RECEIPT "{" CREATED ",\"format\":1," FROM ",\"heads\":[]," \
	"\"heard\":[],\"kind\":\"receipt\"," RECEIPTS ",\"sequence\":7," TO "}"
#define REQUEST "{" CREATED ",\"format\":1," FROM "," HEADS "," HEARD "," \
	"\"kind\":\"request\",\"receipts\":[],\"sequence\":7," TO "," \
	"\"wanted\":[\"" H1 "\",\"" H2 "\"]}"
#define CARD "{\"age\":\"age1xyz\"," CREATED ",\"format\":1," FROM "," \
	"\"kind\":\"card\",\"minisign\":\"RWQ/a+9=\"}"

#endif
