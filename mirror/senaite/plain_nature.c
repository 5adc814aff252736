#include "senaite.h"

static const char reason[] = "SENAITE cannot be given it without the "
    "companion";

/* What senaite.jsonapi and plone.restapi never set as wanted (docs/senaite.md,
 * "What does not travel"); type NULL: of any. */
static const struct {
	const char *type;
	int nested;
	const char *name;
} never[] = {
	{ NULL, 0, "created" }, { NULL, 0, "creator" },
	{ NULL, 0, "history" }, { NULL, 0, "id" }, { NULL, 0, "senaite" },
	{ NULL, 1, "allowDiscussion" },
	{ "Analysis", 1, "Attachment" },
	{ "Analysis", 1, "ResultCaptureDate" },
	{ "Analysis", 1, "RetestOf" },
	{ "AnalysisRequest", 1, "DatePublished" },
	{ "AnalysisRequest", 1, "DateReceived" },
	{ "AnalysisRequest", 1, "DetachedFrom" },
	{ "AnalysisRequest", 1, "InternalUse" },
	{ "AnalysisRequest", 1, "Invalidated" },
	{ "AnalysisRequest", 1, "MemberDiscount" },
	{ "AnalysisRequest", 1, "ParentAnalysisRequest" },
	{ "AnalysisRequest", 1, "RejectionReasons" },
	{ "Attachment", 1, "DateLoaded" }
};

const char *
plain_cannot_hold(const char *type, size_t len, const struct field *f)
{
	const struct json_span of = { type, len };
	size_t i;

	for (i = 0; i < sizeof never / sizeof *never; i++)
		if (f->nested == never[i].nested &&
		    json_is(f->name, never[i].name) &&
		    (never[i].type == NULL || json_is(of, never[i].type)))
			return reason;
	return NULL;
}
