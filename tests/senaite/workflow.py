"""Workflows: states, transitions, guards, and what a transition brings about.

A workflow is written as lines
    STATE "Title" [transition>STATE ...]
and the first state is the initial one.  A transition marked `*` is never
offered nor accepted from outside: only a cascade makes it.  One marked `=`
is a button of the pages, offered in the list, and does nothing.
"""

import schema
from values import exact_date, ref

_FLOWS = """
sample
sample_registered "Registered" no_sampling_workflow*>sample_due
sample_due "Sample due" cancel>cancelled receive>sample_received \
multi_results= reject>rejected
sample_received "Received" cancel>cancelled multi_results= \
create_partitions= dispatch>dispatched prepublish>sample_received \
reject>rejected submit*>to_be_verified
to_be_verified "To be verified" multi_results= dispatch>dispatched \
prepublish>to_be_verified reject>rejected retract>sample_received \
create_partitions= verify*>verified rollback_to_receive*>sample_received
verified "Verified" invalidate>invalid multi_results= dispatch>dispatched \
publish>published create_partitions= rollback_to_receive*>sample_received
published "Published" invalidate>invalid multi_results= \
republish>published dispatch>dispatched create_partitions=
rejected "Rejected" dispatch>dispatched
invalid "Invalid" dispatch>dispatched
cancelled "Cancelled" reinstate>sample_due
dispatched "Dispatched" restore>sample_received

analysis
registered "Registered" initialize*>unassigned cancel*>cancelled
unassigned "Unassigned" assign*>assigned submit>to_be_verified \
reject>rejected cancel*>cancelled
assigned "Assigned" unassign*>unassigned submit>to_be_verified \
reject>rejected
to_be_verified "To be verified" retract>retracted verify>verified \
retest>verified reject>rejected
verified "Verified" publish*>published
published "Published"
retracted "Retracted"
rejected "Rejected"
cancelled "Cancelled" reinstate*>registered

duplicateanalysis
assigned "Assigned" submit>to_be_verified
to_be_verified "To be verified" retract>retracted verify>verified
verified "Verified"
retracted "Retracted"

referenceanalysis
assigned "Assigned" submit>to_be_verified
to_be_verified "To be verified" retract>retracted verify>verified
verified "Verified"
retracted "Retracted"

worksheet
open "Open" submit*>to_be_verified
to_be_verified "To be verified" verify*>verified rollback_to_open*>open
verified "Verified"
rejected "Rejected"

batch
open "Open" cancel>cancelled close>closed
closed "Closed" open>open
cancelled "Cancelled" reinstate>open

referencesample
current "Current" deactivate>inactive expire>expired
expired "Expired" dispose>disposed
inactive "Inactive" activate>current
disposed "Disposed"

cancellable_type
active "Active" cancel>cancelled
cancelled "Cancelled" reinstate>active
"""
_DEACTIVABLE = "client clientcontact labcontact deactivable_type"
_ONE_STATE = ("one_state clients batches worksheets referencesamples "
              "instruments laboratory setup")


class Transition:
    def __init__(self, text):
        self.name, _, self.to = text.partition(">")
        self.inner = self.name.endswith("*")
        self.button = self.name.endswith("=")
        self.name = self.name.rstrip("*=")
        self.title = self.name[:1].upper() + self.name[1:].replace("_", " ")
        if self.name == "multi_results":
            self.title = "Multi Results"


class State:
    def __init__(self, line):
        name, self.title, rest = line.split('"')
        self.name = name.strip()
        self.transitions = {t.name: t for t in map(Transition, rest.split())}


def _load():
    flows = {}
    for block in _FLOWS.strip().split("\n\n"):
        lines = block.split("\n")
        states = [State(line) for line in lines[1:]]
        flows["senaite_%s_workflow" % lines[0]] = {
            s.name: s for s in states}
    for name in _DEACTIVABLE.split():
        flows["senaite_%s_workflow" % name] = {s.name: s for s in (
            State('active "Active" deactivate>inactive'),
            State('inactive "Inactive" activate>active'))}
    for name in _ONE_STATE.split():
        flows["senaite_%s_workflow" % name] = {
            "active": State('active "Active"')}
    return flows


FLOWS = _load()


def initial(flow):
    return next(iter(FLOWS[flow]))


def state_of(obj):
    """The State of an object; a foreign one has no transitions."""
    flow = FLOWS[obj.kind.workflow]
    return flow.get(obj.state) or State('%s "%s"' % (obj.state, obj.state))


# Guards -------------------------------------------------------------------

ACTIVE = ("registered", "unassigned", "assigned", "to_be_verified",
          "verified", "published")
OPEN = ("registered", "unassigned", "assigned")
MAY = {
    "receive": {"LabClerk"}, "cancel": {"LabClerk"},
    "reinstate": {"LabClerk"}, "submit": {"Analyst", "LabClerk"},
    "verify": {"Verifier"}, "retract": {"Verifier"},
    "retest": {"Verifier"}, "publish": {"Publisher", "Verifier"},
    "republish": {"Publisher", "Verifier"},
    "invalidate": {"Publisher", "Verifier"}, "reject": {"LabClerk"},
    "prepublish": {"Verifier"},
}


def live(lab, sample):
    """The analyses that count: not retracted, rejected or cancelled."""
    return [a for a in lab.analyses(sample) if a.state in ACTIVE]


def submitter(obj):
    for entry in reversed(obj.history):
        if entry["action"] == "submit":
            return entry["actor"]
    return None


def guard(lab, obj, name, user):
    """May the user fire it now?"""
    if user.anonymous or obj.read_only:
        return False
    if not user.has("Manager", "LabManager") and \
            not user.has(*MAY.get(name, ())):
        return False
    if obj.type == "AnalysisRequest":
        if name == "reject":
            return lab.settings["reject"]
        if name == "cancel":
            return all(a.state in OPEN for a in live(lab, obj))
        if name == "prepublish":
            return any(a.state == "verified" for a in live(lab, obj))
    if name == "deactivate" and obj.type == "AnalysisCategory":
        return not any(obj.uid in s.uids("Category") and s.state == "active"
                       for s in lab.by_type["AnalysisService"].values())
    if name == "submit":
        return obj.fields.get("Result") not in (None, "")
    if name == "verify":
        return (submitter(obj) != user.name
                or lab.settings["self_verification"])
    return True


def offered(lab, obj, user):
    """The transitions that this user may fire now, buttons among them."""
    return [t for t in state_of(obj).transitions.values()
            if not t.inner and (t.button or guard(lab, obj, t.name, user))]


def allowed(lab, obj, name, user):
    return any(t.name == name and not t.button
               for t in offered(lab, obj, user))


# Carrying out -------------------------------------------------------------

def enter(lab, obj, action, state, actor, comment=""):
    """One entry of history, and the index."""
    obj.history.append({"action": action, "actor": actor, "time": lab.now(),
                        "state": state, "comments": comment})
    lab.reindex(obj, actor)


def fire(lab, obj, name, actor, comment=""):
    """A transition with all it brings about.  The guard is the caller's."""
    transition = state_of(obj).transitions[name]
    before = obj.state
    to = transition.to
    if name == "reinstate" and obj.type in ("AnalysisRequest", "Analysis"):
        to = state_before(obj, "cancelled")
    if name == "restore":
        # SENAITE leaves two odd entries here.
        enter(lab, obj, "restore", "sample_registered", actor, comment)
        to = state_before(obj, "dispatched")
        enter(lab, obj, None, to, actor, "Setting state to %s" % to)
    else:
        enter(lab, obj, name, to, actor, comment)
    effect = EFFECTS.get((obj.type, name))
    if effect:
        effect(lab, obj, actor, before)


def state_before(obj, state):
    """The state it had before it came to this one."""
    found = None
    for entry in obj.history:
        if entry["state"] == state:
            break
        found = entry["state"]
    return found or initial(obj.kind.workflow)


def _cascade(lab, objects, name, actor):
    for obj in objects:
        if name in state_of(obj).transitions:
            fire(lab, obj, name, actor)


def _receive(lab, sample, actor, before):
    sample.fields["DateReceived"] = exact_date(sample.history[-1]["time"])
    sample.markers.add("bika.lims.interfaces.IReceived")
    _cascade(lab, lab.analyses(sample), "initialize", actor)


def _submit(lab, analysis, actor, before):
    if not analysis.fields.get("ResultCaptureDate"):
        analysis.fields["ResultCaptureDate"] = exact_date(lab.now())
    analysis.markers.add("bika.lims.interfaces.ISubmitted")
    _follow(lab, analysis, actor)


def _verify(lab, analysis, actor, before):
    analysis.markers.add("bika.lims.interfaces.IVerified")
    _follow(lab, analysis, actor)


def _follow(lab, analysis, actor):
    """The sample and the worksheet go where all their analyses are."""
    parent = analysis.parent
    if parent.type == "AnalysisRequest":
        states = [a.state for a in live(lab, parent)]
        if not states:
            return
        if (parent.state == "sample_received"
                and not any(s in OPEN for s in states)):
            fire(lab, parent, "submit", actor)
        if (parent.state == "to_be_verified"
                and all(s in ("verified", "published") for s in states)):
            fire(lab, parent, "verify", actor)
    for sheet in list(lab.by_type["Worksheet"].values()):
        if analysis.uid in sheet.uids("Analyses"):
            _follow_sheet(lab, sheet, actor)


def _follow_sheet(lab, sheet, actor):
    states = [a.state for a in lab.targets(sheet, "Analyses")
              if a.state in ACTIVE]
    if not states:
        return
    if sheet.state == "open" and not any(s in OPEN for s in states):
        fire(lab, sheet, "submit", actor)
    if (sheet.state == "to_be_verified"
            and all(s in ("verified", "published") for s in states)):
        fire(lab, sheet, "verify", actor)


def _again(lab, analysis, actor):
    """A new analysis for one that is retested or retracted."""
    sample = analysis.parent
    number = 1
    while "%s-%d" % (analysis.fields["Keyword"], number) in sample.children:
        number += 1
    ident = "%s-%d" % (analysis.fields["Keyword"], number)
    new = lab.place(sample, analysis.kind, ident, user=actor)
    keep = {k: v for k, v in analysis.fields.items()
            if k not in ("Result", "ResultCaptureDate", "Attachment",
                         "Uncertainty", "Remarks")}
    new.fields.update(keep)
    new.fields["RetestOf"] = ref(analysis)
    new.title = analysis.title
    lab.note(new, "changed", actor, new.path())
    fire(lab, new, "initialize", actor)
    if sample.state in ("to_be_verified", "verified"):
        fire(lab, sample, "rollback_to_receive", actor)


def _retract(lab, analysis, actor, before):
    analysis.markers.add("bika.lims.interfaces.IRetracted")
    if analysis.parent.type == "AnalysisRequest":
        _again(lab, analysis, actor)


def _reject(lab, analysis, actor, before):
    analysis.markers.add("bika.lims.interfaces.IRejected")
    _follow(lab, analysis, actor)


def _retract_sample(lab, sample, actor, before):
    for analysis in lab.analyses(sample):
        if analysis.state == "to_be_verified":
            enter(lab, analysis, "retract", "retracted", actor)
            _retract(lab, analysis, actor, "")


def _reject_sample(lab, sample, actor, before):
    sample.markers.add("bika.lims.interfaces.IRejected")
    for analysis in live(lab, sample):
        enter(lab, analysis, "reject", "rejected", actor)


def _publish(lab, sample, actor, before):
    _cascade(lab, lab.analyses(sample), "publish", actor)


def _cancel(lab, sample, actor, before):
    _cascade(lab, lab.analyses(sample), "cancel", actor)


def _reinstate(lab, sample, actor, before):
    _cascade(lab, lab.analyses(sample), "reinstate", actor)


def _invalidate(lab, sample, actor, before):
    """A retest sample beside the invalid one, received, to be done anew."""
    number = 1
    while "%s-R%02d" % (sample.id, number) in sample.parent.children:
        number += 1
    retest = lab.place(sample.parent, sample.kind,
                       "%s-R%02d" % (sample.id, number), user=actor)
    drop = {"Attachment", "Remarks", "RejectionReasons", "Invalidated"}
    retest.fields.update({k: v for k, v in sample.fields.items()
                          if k not in drop})
    retest.fields["Invalidated"] = ref(sample)
    retest.markers |= {"bika.lims.interfaces.IAnalysisRequestRetest",
                       "bika.lims.interfaces.IReceived"}
    for analysis in live(lab, sample):
        copy = lab.place(retest, analysis.kind, analysis.id, user=actor)
        copy.title = analysis.title
        copy.fields.update({k: v for k, v in analysis.fields.items()
                            if k not in ("Result", "ResultCaptureDate",
                                         "RetestOf", "Attachment")})
        fire(lab, copy, "initialize", actor)
    enter(lab, retest, None, "sample_received", actor,
          "Setting state to sample_received")


EFFECTS = {
    ("AnalysisRequest", "receive"): _receive,
    ("AnalysisRequest", "publish"): _publish,
    ("AnalysisRequest", "cancel"): _cancel,
    ("AnalysisRequest", "reinstate"): _reinstate,
    ("AnalysisRequest", "reject"): _reject_sample,
    ("AnalysisRequest", "retract"): _retract_sample,
    ("AnalysisRequest", "invalidate"): _invalidate,
    ("Analysis", "submit"): _submit,
    ("Analysis", "verify"): _verify,
    ("Analysis", "retract"): _retract,
    ("Analysis", "retest"): lambda l, a, u, b: _again(l, a, u),
    ("Analysis", "reject"): _reject,
    ("DuplicateAnalysis", "submit"): _submit,
    ("DuplicateAnalysis", "verify"): _verify,
    ("ReferenceAnalysis", "submit"): _submit,
    ("ReferenceAnalysis", "verify"): _verify,
}


def make_sample(lab, client, fields, services, actor):
    """SENAITE's own way of making a sample: id, analyses, first states."""
    kind = schema.TYPES["AnalysisRequest"]
    sample = lab.place(client, kind, lab.new_id(kind, client, fields),
                       user=actor)
    sample.fields.update(fields)
    sample.fields["Client"] = ref(client)
    sample.history[0]["time"] = lab.now()
    for service in services:
        make_analysis(lab, sample, service, actor)
    enter(lab, sample, "no_sampling_workflow", "sample_due", actor,
          "Setting state to sample_due")
    return sample


# What an analysis takes over from its service.
COPIED = {text.split(":")[0] for text in schema.TEST.split()}


def make_analysis(lab, sample, service, actor):
    """An analysis: a copy of its service's fields, the keyword as id."""
    kind = schema.TYPES["Analysis"]
    keyword = service.fields["Keyword"]
    ident, number = keyword, 1
    while ident in sample.children:
        ident, number = "%s-%d" % (keyword, number), number + 1
    analysis = lab.place(sample, kind, ident, user=actor)
    analysis.title = service.title
    for name, value in service.fields.items():
        if name in COPIED:
            analysis.fields[name] = value
    analysis.fields["AnalysisService"] = ref(service)
    analysis.fields["HiddenManually"] = True
    analysis.fields["NumberOfRequiredVerifications"] = 1
    lab.note(analysis, "changed", actor, analysis.path())
    return analysis
