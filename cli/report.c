#include "report.h"

#include <inttypes.h>
#include <string.h>

static const char *const rungs[] = {
	"open", "container", "signature", "manifest", "bytes", "encryption",
	"compression", "records", "plan", "apply", "after"
};
#define RUNGS ((int)(sizeof rungs / sizeof *rungs))

const char *
report_sender(const struct import_report *r)
{
	return r->from[0] != '\0' ? r->from : r->from_site[0] != '\0' ?
	    r->from_site : NULL;
}

void
report_err(const struct import_report *r, struct err *ret)
{
	err_recall(ret, &r->err);
	if (strstr(ret->text, r->path) == NULL)
		(void)err_prefix(ret, "\"%s\"", r->path);
	if (ret->rung >= 0 && ret->rung < RUNGS)
		(void)err_prefix(ret, "%s (L%d)", rungs[ret->rung],
		    ret->rung);
}

void
report_error(struct out *o, const struct import_report *r)
{
	struct err e;

	report_err(r, &e);
	out_flush(o);
	out_error(&e);
}

void
report_say(struct out *o, const struct import_report *r, int dry_run)
{
	static const char *const words[] = {
		[IMPORT_APPLIED] = "applied",
		[IMPORT_ALREADY] = "already applied, nothing changed",
		[IMPORT_GAP] = "refused: bundles before it are missing",
		[IMPORT_REFUSED] = "refused",
		[IMPORT_RECEIPT] = "receipt taken",
		[IMPORT_OTHER] = "for another site, skipped"
	};

	out_safe(o, r->path);
	out_text(o, ": ");
	if (report_sender(r) != NULL) {
		out_safe(o, report_sender(r));
		out_text(o, " %" PRIu64 ": ", r->sequence);
	}
	out_text(o, "%s%s", words[r->outcome], dry_run &&
	    r->outcome == IMPORT_APPLIED ? " (dry run: undone again)" : "");
	if (r->outcome == IMPORT_APPLIED)
		out_text(o, "; %" PRIu64 " objects: %" PRIu64 " changed, %"
		    PRIu64 " as before", r->received, r->applied + r->held +
		    r->refused, r->same);
	if (r->held + r->refused > 0)
		out_text(o, ", of which the SENAITE has not got %" PRIu64
		    " yet and refused %" PRIu64, r->held, r->refused);
	if (r->conflicts > 0)
		out_text(o, ", %" PRIu64 " in conflict", r->conflicts);
	out_text(o, "\n");
}

void
report_why(struct out *o, const struct err_kept *why)
{
	struct err err;

	if (why->code != E_OK && why->rung >= 0 && why->rung < RUNGS)
		out_str(o, "rung", rungs[why->rung]);
	else
		out_null(o, "rung");
	err_recall(&err, why);
	out_err(o, "error", &err);
}

void
report_json(struct out *o, const struct import_report *r, const char *request)
{
	out_open(o, NULL, '{');
	out_str(o, "file", r->path);
	out_str(o, "from", report_sender(r));
	out_number(o, "sequence", r->sequence);
	out_str(o, "result", import_outcome_name(r->outcome));
	out_number(o, "received", r->received);
	out_number(o, "applied", r->applied);
	out_number(o, "same", r->same);
	out_number(o, "held", r->held);
	out_number(o, "refused", r->refused);
	out_number(o, "conflicts", r->conflicts);
	if (r->outcome == IMPORT_GAP) {
		out_number(o, "have", r->have);
		out_number(o, "since", r->since);
	}
	out_str(o, "request", request);
	report_why(o, &r->err);
	out_close(o);
}
