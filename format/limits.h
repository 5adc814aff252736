/* limits.h: the bounds of bundle format 1 (docs/format.md, "Limits"). */
#ifndef SATCHEL_LIMITS_H
#define SATCHEL_LIMITS_H

#define FORMAT_VERSION 1
#define FORMAT_CHUNK 2097152u		/* aim of a data member, unpacked */
#define FORMAT_PLAIN_MAX 4194304u	/* a data member, unpacked */
#define FORMAT_STORED_MAX 4718592u	/* a data member as stored */
#define FORMAT_MEMBERS_MAX 4096u	/* data members of a bundle */
#define FORMAT_SUMS_MAX 524288u
#define FORMAT_MANIFEST_MAX 262144u
#define FORMAT_MINISIG_MAX 512u
#define FORMAT_TO_MAX 32u		/* addressees, and so recipients */
#define FORMAT_LINE_MAX 4194304u	/* a JSON line with its newline */
#define FORMAT_DEPTH_MAX 72u		/* JSON levels of a record line */
#define FORMAT_VERSIONS_MAX 1024u	/* siblings of one record */
#define FORMAT_RECORD_MAX 8388608u	/* content of them, and twice their
					 * context and stamps */
#define FORMAT_WANTED_MAX 2000u		/* blobs that one request names */
#define FORMAT_CADENCE_MIN 3600u	/* promised seconds: an hour */
#define FORMAT_CADENCE_MAX 31622400u	/* 366 days */
#define FORMAT_NAME_MAX 64u		/* a member's name */

#endif
