/* All that an import may change of a store, as one hash. */
#include <sodium.h>
#include <sqlite3.h>

#include "world.h"

static const char *const parts[] = {
	"SELECT id,uid,seq,via,deleted,type FROM object ORDER BY id",
	"SELECT object,actor,n,winner,hash FROM version "
	    "ORDER BY object,actor,n",
	"SELECT object,kind FROM conflict ORDER BY object",
	"SELECT hash,size,parts,whole FROM blob ORDER BY id",
	"SELECT id,length(bytes) FROM part ORDER BY id",
	"SELECT id,life,acked_generation,acked_sequence,heard_actor,"
	    "heard_sequence,heard_id,cadence,wanted_generation,"
	    "wanted_sequence FROM peer ORDER BY id",
	"SELECT peer,hash FROM wanted",
	"SELECT peer,actor,filter,until FROM applied",
	"SELECT peer,actor,filter,until FROM acked",
	"SELECT actor,n,head FROM head",
	"SELECT actor,sequence,id FROM file_in",
	"SELECT peer,blob FROM blob_got",
	"SELECT type,sum FROM digest"
};

static void
add_row(crypto_generichash_state *h, sqlite3_stmt *st)
{
	int i, n = sqlite3_column_count(st);
	struct json_span x;

	for (i = 0; i < n; i++) {
		x = store_column(st, i);
		(void)crypto_generichash_update(h,
		    (const unsigned char *)&x.len, sizeof x.len);
		if (x.len > 0)
			(void)crypto_generichash_update(h,
			    (const unsigned char *)x.at, x.len);
	}
}

void
fingerprint(struct world *w, int i, unsigned char ret[32])
{
	struct store *s = w->y->at[i].s;
	crypto_generichash_state h;
	sqlite3_stmt *st;
	size_t k;
	int rc;

	(void)crypto_generichash_init(&h, NULL, 0, 32);
	for (k = 0; k < sizeof parts / sizeof *parts; k++) {
		if ((st = store_sql(s, parts[k], &w->err)) == NULL)
			violate(w, "a store cannot be read");
		while ((rc = store_step(s, st, &w->err)) > 0)
			add_row(&h, st);
		if (rc < 0)
			violate(w, "a store cannot be read");
	}
	(void)crypto_generichash_update(&h, (const unsigned char *)&s->n,
	    sizeof s->n);
	(void)crypto_generichash_update(&h, (const unsigned char *)&s->seq,
	    sizeof s->seq);
	(void)crypto_generichash_update(&h, s->head, sizeof s->head);
	(void)crypto_generichash_update(&h,
	    (const unsigned char *)&s->self.generation,
	    sizeof s->self.generation);
	(void)crypto_generichash_final(&h, ret, 32);
}
