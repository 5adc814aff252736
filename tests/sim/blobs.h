/* blobs.h: the attachments of the histories, made once a process. */
#ifndef SATCHEL_SIM_BLOBS_H
#define SATCHEL_SIM_BLOBS_H

#include "../../store/store.h"

#define BLOB_LARGE 5			/* of more than two parts of 2 MiB */
#define BLOB_SPANS 4			/* of more than a small bundle */

void blobs_begin(void);
void blobs_end(void);
const unsigned char *blobs_hash(int blob);	/* 32 bytes */
int blobs_number(const unsigned char hash[32]);	/* -1: none of ours */
const char *blobs_hex(int blob);

/* Put it into the store, in the transaction that is open. */
int blobs_put(struct store *s, int blob, struct err *err);

/* Is it there, whole?  `read`: with each of its bytes.  1 or 0. */
int blobs_is_there(struct store *s, int blob, int read, struct err *err);

#endif
