"""How senaite.jsonapi shows an object: brains, complete items, workflow."""

import base64
import re

import schema
import workflow
from lab import Failure
from values import shown_date, shown_time

NEVER = "1969-12-31T00:00:00+00:00"
FLOOR = "1000-01-01T00:00:00+00:00"
STAFF = ["LabManager", "Publisher", "Preserver", "SamplingCoordinator",
         "Verifier", "Manager", "LabClerk", "Sampler", "Analyst",
         "RegulatoryInspector"]


class Views:
    """`base` is the site's address as the request names it."""

    def __init__(self, lab, user, base):
        self.lab = lab
        self.user = user
        self.base = base
        self.api = base + "/@@API/senaite/v1"
        self.filedata = False

    # ---- addresses

    def url(self, obj):
        return self.base + ("" if obj is self.lab.portal else obj.path())

    def api_url(self, obj):
        if obj is self.lab.portal:
            return self.api + "/plonesite/0"
        return "%s/%s/%s" % (self.api, obj.type.lower(), obj.uid)

    def link(self, obj):
        return {"url": self.url(obj), "uid": obj.uid,
                "api_url": self.api_url(obj)}

    def path(self, obj):
        path = obj.path()
        return "/" + self.lab.site + (path if path != "/" else "")

    # ---- brains

    def brain(self, obj, catalog, asked=True):
        """What a catalog tells of an object.

        What is no column is acquired from the site: `modified` always, and
        in the uid catalog `created`, `author` and `description` too.  When
        the uid catalog was not `asked` for by name, the columns of the
        type's own catalog are there, and null.
        """
        site_time = shown_time(self.lab.made)
        by_uid = catalog == "uid_catalog"
        title = obj.shown_title()
        item = {
            "uid": obj.uid, "id": obj.id, "portal_type": obj.type,
            "title": "" if by_uid and obj.kind.dx else title,
            "description": "" if by_uid else self.description(obj),
            "created": site_time if by_uid else shown_time(obj.created),
            "modified": site_time, "effective": NEVER, "tags": [],
            "author": "" if by_uid else obj.creator,
            "path": self.path(obj), "parent_path": self.path(obj.parent),
            "url": self.url(obj), "api_url": self.api_url(obj),
            "parent_id": obj.parent.id, "parent_uid": obj.parent.uid,
            "parent_url": self.api_url(obj.parent),
        }
        if by_uid and not obj.kind.dx:
            # The uid catalog's path is relative to the site.
            host = self.base[:-len("/" + self.lab.site)]
            item["url"] = host + obj.path()
        if by_uid and asked:
            return item
        own = schema.CATALOGS.get(obj.kind.catalog)
        for name in own.columns if own else ():
            item[name] = None if by_uid else self.column(obj, name)
        return item

    def description(self, obj):
        if obj.type == "AnalysisRequest":
            client = self.lab.client_of(obj)
            return "%s %s" % (obj.id, client.shown_title() if client else "")
        return obj.fields.get("description") or ""

    def column(self, obj, name):
        """A metadata column or an index value of the type's catalog."""
        make = COLUMNS.get(name)
        if make:
            return make(self, obj)
        text = obj.fields.get(name[3:]) if name.startswith("get") else None
        if isinstance(text, dict):
            return None
        field = obj.kind.fields.get(name[3:])
        if field and field.kind == "d":
            return shown_date(text)
        return text

    def roles(self, obj):
        if obj.kind.catalog == "senaite_catalog_setup" or \
                "setup/" in obj.path():
            return ["Authenticated"]
        names = ["user:" + obj.owner]
        client = self.lab.client_of(obj)
        if client is not None:
            names.append("user:" + client.id)
        return STAFF + names

    # ---- complete items

    def item(self, obj, catalog=None, asked=True, flow=False):
        item = self.brain(obj, catalog or obj.kind.catalog, asked)
        if obj.uid in self.lab.broken["json"]:
            # One object that cannot be serialised fails the whole page.
            raise Failure("'unicode' object has no attribute 'output'")
        item.update(self.complete(obj))
        if flow:
            item["workflow_info"] = self.workflow_info(obj)
        return item

    def complete(self, obj):
        kind = obj.kind
        item = {
            "uid": obj.uid, "id": obj.id, "title": obj.shown_title(),
            "description": self.description(obj),
            "created": shown_time(obj.created),
            "modified": shown_time(obj.modified),
            "effective": NEVER, "portal_type": obj.type, "tags": [],
            "author": obj.creator, "path": self.path(obj),
            "parent_path": self.path(obj.parent),
        }
        if kind.dx and not self.lab.may_modify(self.user, obj):
            return item     # Dexterity fields are for those who may write
        for field in kind.fields.values():
            if field.name != "description" and field.kind != "h":
                item[field.name] = self.value(obj, field)
        if obj.type == "LabProduct":
            item.update(labproduct_total_price=None,
                        labproduct_vat_amount=None)
        if kind.dx:
            return item
        item["effective"] = shown_date(
            obj.fields.get("effectiveDate")) or FLOOR
        item["creation_date"] = item["created"]
        item["modification_date"] = item["modified"]
        item["creators"] = list(obj.creators) or None
        if kind.folderish:
            addable = self.addable(obj)
            item.update(constrainTypesMode=None, nextPreviousEnabled=None,
                        locallyAllowedTypes=addable or None,
                        immediatelyAddableTypes=addable or None)
        for name, make in COMPUTED.get(obj.type, {}).items():
            item[name] = make(self, obj)
        return item

    def addable(self, obj):
        if obj.site:
            for path, _, _, kinds in schema.folders():
                if path == obj.path():
                    return kinds
        return list(schema.CHILDREN.get(obj.type, []))

    def value(self, obj, field):
        """A field's value as JSON: whatever is false shows null."""
        raw = obj.fields.get(field.name)
        kind = field.kind
        if kind == "B":
            return self.file(obj, field.name)
        if field.is_reference:
            return self.reference(obj, field)
        if obj.kind.dx and kind == "td":
            return None
        if kind == "d":
            return shown_date(raw)
        if kind == "g" and raw and all(list(r) == ["uid"] for r in raw):
            return [r["uid"] for r in raw]
        if isinstance(raw, bool) or raw is None:
            return raw or None
        return raw if raw != 0 and raw != "" and raw != [] and raw != {} \
            else None

    def reference(self, obj, field):
        found = self.lab.targets(obj, field.name)
        if obj.kind.dx:
            if field.kind == "M" or not found:
                return None
            return self.link(found[0])
        if field.kind == "U":
            return (obj.uids(field.name) or [None])[0]
        if not found:
            return None if field.kind == "O" else {}
        if field.kind == "M":
            return [self.link(o) for o in found]
        return self.link(found[0])

    def file(self, obj, name):
        blob = obj.blobs.get(name)
        if blob is None or not blob.data:
            return None
        info = {"content_type": blob.media, "filename": blob.name,
                "download": self.download(obj, name)}
        if self.filedata:
            info["data"] = base64.encodebytes(blob.data).decode()
        return info

    def download(self, obj, name):
        if obj.kind.dx:
            return "%s/@@download/%s/%s" % (self.url(obj), name,
                                            obj.blobs[name].name)
        return "%s/at_download/%s" % (self.url(obj), name)

    def workflow_info(self, obj):
        """Times in the zone each entry was stored with, and no mark of it."""
        state = workflow.state_of(obj)
        flows = {}
        for entry in obj.history:
            flows.setdefault(entry.get("workflow", obj.kind.workflow),
                             []).append(entry)
        return [{
            "workflow": flow, "status": state.title if
            flow == obj.kind.workflow else entries[-1]["state"],
            "review_state": entries[-1]["state"],
            "transitions": [
                {"title": t.title, "value": t.name, "display": "", "url": ""}
                for t in (workflow.offered(self.lab, obj, self.user)
                          if flow == obj.kind.workflow else ())],
            "review_history": [
                {"action": e["action"], "actor": e["actor"],
                 "comments": e["comments"], "review_state": e["state"],
                 "time": e["time"].strftime("%Y-%m-%d %H:%M:%S")}
                for e in entries],
        } for flow, entries in flows.items()]


# ---- columns --------------------------------------------------------------

def _sortable(obj):
    text = str(obj.shown_title() or "").lower()
    return re.sub(r"\d+", lambda m: m.group().zfill(4), text)


def _target_field(name, attribute):
    def make(views, obj):
        target = views.lab.target(obj, name)
        if target is None:
            return "" if obj.type == "AnalysisRequest" else None
        if attribute == "uid":
            return target.uid
        if attribute == "title":
            return target.shown_title()
        if attribute == "id":
            return target.id
        if attribute == "path":
            return views.path(target)
        return target.fields.get(attribute)
    return make


MAY_BE_CLIENTS = ("AnalysisProfile", "AnalysisSpec", "SamplePoint",
                  "SampleTemplate", "Batch")


def _client(attribute):
    def make(views, obj):
        client = views.lab.client_of(_sample(views, obj) or obj)
        if client is None:
            return "" if obj.type in MAY_BE_CLIENTS else None
        if attribute == "uid":
            return client.uid
        if attribute == "path":
            return views.path(client)
        return client.fields.get(attribute) or ""
    return make


def _sample(views, obj):
    if obj.type == "DuplicateAnalysis":
        obj = views.lab.target(obj, "Analysis")
    while obj is not None and obj.type != "AnalysisRequest":
        obj = obj.parent
    return obj


def _of_sample(make):
    return lambda views, obj: (
        make(views, _sample(views, obj))
        if _sample(views, obj) is not None else None)


def _entry(action, what):
    def make(views, obj):
        for entry in reversed(obj.history):
            if entry["action"] == action:
                return (entry["actor"] if what == "actor"
                        else shown_time(entry["time"]))
        return None
    return make


def _numbers(views, sample):
    """[verified, total, not submitted, to be verified]"""
    states = [a.state for a in workflow.live(views.lab, sample)]
    done = sum(s in ("verified", "published") for s in states)
    if sample.state == "cancelled":
        return [0, 0, 0, 0]
    return [done, len(states),
            sum(s in workflow.OPEN for s in states)
            if sample.state == "sample_registered" else 0,
            sum(s == "to_be_verified" for s in states)]


def _progress(views, sample):
    done, total = _numbers(views, sample)[:2]
    return 100 * done // total if total else 100


def _assigned(views, sample):
    states = [a.state for a in workflow.live(views.lab, sample)]
    if not states or all(s not in workflow.OPEN for s in states):
        return "not_applicable"
    return "assigned" if all(s == "assigned" for s in states) \
        else "unassigned"


def _text(name):
    return lambda views, obj: obj.fields.get(name) or ""


def _truth(name):
    return lambda views, obj: bool(obj.fields.get(name))


COLUMNS = {
    "review_state": lambda v, o: o.state,
    "state_title": lambda v, o: None,
    "allowedRolesAndUsers": lambda v, o: v.roles(o),
    "sortable_title": lambda v, o: _sortable(o),
    "Created": lambda v, o: None, "creator": lambda v, o: None,
    "end": lambda v, o: None, "start": lambda v, o: None,
    "mime_type": lambda v, o: None,
    "expires": lambda v, o: "2499-12-31T00:00:00+00:00",
    "exclude_from_nav": lambda v, o: False,
    "is_folderish": lambda v, o: True,
    # indexes
    "UID": lambda v, o: o.uid, "id": lambda v, o: o.id,
    "getId": lambda v, o: o.id, "portal_type": lambda v, o: o.type,
    "Type": lambda v, o: o.type, "Creator": lambda v, o: o.creator,
    "title": lambda v, o: o.shown_title(),
    "Title": lambda v, o: o.shown_title(),
    "path": lambda v, o: v.path(o),
    "created": lambda v, o: shown_time(o.created),
    "modified": lambda v, o: shown_time(o.modified),
    "is_active": lambda v, o: o.state not in (
        "inactive", "cancelled", "rejected", "invalid"),
    # clients, contacts, set-up
    "getClientID": _client("ClientID"), "getClientTitle": _client("Name"),
    "getClientUID": _client("uid"), "getClientURL": _client("path"),
    "getName": _text("Name"), "getGroupId": lambda v, o: o.id,
    "getEmailAddress": _text("EmailAddress"),
    "getFullname": lambda v, o: o.shown_title(),
    "getParentUID": lambda v, o: o.parent.uid,
    "getPrefix": lambda v, o: o.fields.get("prefix"),
    "getProfileKey": lambda v, o: o.fields.get("profile_key"),
    "getCategoryUID": _target_field("Category", "uid"),
    # samples
    "getSampleTypeUID": _of_sample(_target_field("SampleType", "uid")),
    "getSampleTypeTitle": _target_field("SampleType", "title"),
    "getSamplePointTitle": _target_field("SamplePoint", "title"),
    "getContactUID": _target_field("Contact", "uid"),
    "getBatchID": _target_field("Batch", "id"),
    "getBatchUID": lambda v, o: _target_field("Batch", "uid")(v, o) or None,
    "getBatchURL": _target_field("Batch", "path"),
    "getTemplateUID": _target_field("Template", "uid"),
    "getTemplateTitle": _target_field("Template", "title"),
    "getTemplateURL": _target_field("Template", "path"),
    "getStorageLocationUID": _target_field("StorageLocation", "uid"),
    "getStorageLocationTitle": _target_field("StorageLocation", "title"),
    "getSamplingDeviationTitle": _target_field("SamplingDeviation", "title"),
    "getRawParentAnalysisRequest": _target_field("ParentAnalysisRequest",
                                                 "uid"),
    "getHazardous": lambda v, o: bool(
        _target_field("SampleType", "hazardous")(v, o)),
    "getInternalUse": _truth("InternalUse"),
    "getInvoiceExclude": _truth("InvoiceExclude"),
    "getSamplingWorkflowEnabled": lambda v, o: False,
    "getPrinted": lambda v, o: "0", "getProvince": lambda v, o: "",
    "getDistrict": lambda v, o: "", "getProfilesTitleStr": lambda v, o: "",
    "getDescendantsUIDs": lambda v, o: [],
    "getDateSampled": _of_sample(
        lambda v, o: shown_date(o.fields.get("DateSampled"))),
    "getDateReceived": lambda v, o: (
        shown_date((_sample(v, o) or o).fields.get("DateReceived"))),
    "getDatePublished": _entry("publish", "time"),
    "getDateVerified": _entry("verify", "time"),
    "getReceivedBy": _entry("receive", "actor"),
    "getDueDate": lambda v, o: None,
    "getAnalysesNum": _numbers, "getProgress": lambda v, o: (
        _progress(v, o) if o.type == "AnalysisRequest"
        else 0 if o.type == "Batch" else None),
    "assigned_state": _assigned,
    "getPhysicalPath": lambda v, o: v.path(o).split("/"),
    "getPrioritySortkey": lambda v, o: "%s.%s" % (
        (_sample(v, o) or o).fields.get("Priority", "3"),
        shown_time((_sample(v, o) or o).created)),
    # analyses
    "getServiceUID": _target_field("AnalysisService", "uid"),
    "getRequestID": _of_sample(lambda v, o: o.id),
    "getRequestURL": _of_sample(lambda v, o: v.path(o)),
    "getRequestTitle": lambda v, o: None,
    "getParentURL": lambda v, o: v.path(o.parent),
    "getClientOrderNumber": lambda v, o: (
        (_sample(v, o) or o).fields.get("ClientOrderNumber") or ""),
    "getRetestOfUID": lambda v, o: (
        _target_field("RetestOf", "uid")(v, o) or ""),
    "getMethodTitle": _target_field("Method", "title"),
    "getMethodURL": _target_field("Method", "path"),
    "getRemarks": _text("Remarks"), "getResult": _text("Result"),
    "getUnit": lambda v, o: o.fields.get("Unit"),
    "getResultOptions": lambda v, o: o.fields.get("ResultOptions") or [],
    "getSubmittedBy": _entry("submit", "actor"),
    "getLastVerificator": _entry("verify", "actor"),
    "getVerificators": lambda v, o: [
        e["actor"] for e in o.history if e["action"] == "verify"],
    "getNumberOfVerifications": lambda v, o: sum(
        e["action"] == "verify" for e in o.history),
    "isSelfVerificationEnabled": lambda v, o: v.lab.settings[
        "self_verification"],
    "getAnalysisPortalType": lambda v, o: (
        "Analysis" if o.type == "DuplicateAnalysis" else None),
    "getReferenceResults": lambda v, o: None,
    # worksheets
    "getAnalysesUIDs": lambda v, o: o.uids("Analyses"),
    "getNumberOfRegularAnalyses": lambda v, o: sum(
        a.type == "Analysis" for a in v.lab.targets(o, "Analyses")),
    "getNumberOfQCAnalyses": lambda v, o: sum(
        a.type != "Analysis" for a in v.lab.targets(o, "Analyses")),
    "getNumberOfRegularSamples": lambda v, o: len(
        {a.parent.uid for a in v.lab.targets(o, "Analyses")
         if a.type == "Analysis"}),
    "getProgressPercentage": lambda v, o: 0,
    "getWorksheetTemplateUID": lambda v, o: "",
    "getWorksheetTemplateTitle": lambda v, o: "",
    "getWorksheetTemplateURL": lambda v, o: "",
}


def _published(views, sample):
    """The one date that is written for people."""
    for entry in reversed(sample.history):
        if entry["action"] == "publish":
            return entry["time"].strftime("%Y-%m-%d %I:%M %p")
    return None


def _address(part):
    return lambda views, obj: (
        (obj.fields.get("PhysicalAddress") or {}).get(part) or None)


def _or_null(make):
    return lambda views, obj: make(views, obj) or None


COMPUTED = {
    "AnalysisRequest": {
        "Analyses": lambda v, o: [v.link(a) for a in v.lab.analyses(o)],
        "SampleTypeTitle": _or_null(_target_field("SampleType", "title")),
        "SampleTypeUID": _or_null(_target_field("SampleType", "uid")),
        "SamplePointTitle": _or_null(_target_field("SamplePoint", "title")),
        "SamplePointUID": _or_null(_target_field("SamplePoint", "uid")),
        "ContactUID": _or_null(_target_field("Contact", "uid")),
        "ContactFullName": _or_null(_target_field("Contact", "title")),
        "ContactEmail": _or_null(_target_field("Contact", "EmailAddress")),
        "ContactUsername": _or_null(_target_field("Contact", "Username")),
        "BatchID": _or_null(_target_field("Batch", "id")),
        "BatchURL": _or_null(_target_field("Batch", "path")),
        "DatePublished": _published,
        "ReceivedBy": _entry("receive", "actor"),
        "TemplateTitle": lambda v, o: None, "TemplateUID": lambda v, o: None,
        "TemplateURL": lambda v, o: None, "Invoiced": lambda v, o: None,
        "StorageLocationUID": lambda v, o: None,
    },
    "Contact": {
        "Fullname": lambda v, o: o.shown_title(),
        "City": _address("city"), "Country": _address("country"),
        "District": _address("district"), "PostalCode": _address("zip"),
    },
    "ReferenceSample": {
        "ReferenceDefinitionUID": _target_field("ReferenceDefinition", "uid"),
        "SupplierUID": lambda v, o: o.parent.uid,
    },
    "Instrument": {"Valid": lambda v, o: "0"},
}
for _name in ("Calibration", "Certification", "MaintenanceTask"):
    COMPUTED["Instrument" + _name] = {"InstrumentUID": lambda v, o: None}
COMPUTED["LabContact"] = COMPUTED["SupplierContact"] = COMPUTED["Contact"]
