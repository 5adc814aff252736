/* kinds.h: the kinds of objects of the made-up lab. */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

enum kind {
	DEPARTMENT, METHOD, INSTRUMENT, SAMPLE_TYPE, SERVICE, CLIENT, CONTACT,
	REQUEST, ANALYSIS, ATTACHMENT, REPORT, WORKSHEET, BATCH
};

/* A template is JSON with ' for " and these for what differs:
 *
 *	@D @M @I @T @S @C @K	a reference to some department, method,
 *				instrument, sample type, service, client,
 *				contact
 *	@^			a reference to the parent
 *	@A			references to the analyses that follow
 *	@R			rows of a worksheet: recent objects
 *	@u @w @t		a user, 2 or 3 words, 6 to 30 words
 *	@d @n @p @k @b		a date, number, price, keyword, boolean
 *	@r @v			a result, remarks: new in each version
 *	@i			interim fields
 */
struct kind_spec {
	const char *type;
	unsigned share;			/* of 10,000; 0: made as work is done */
	const char *fields;		/* a template */
};
extern const struct kind_spec kinds[];

#endif
