# -*- coding: utf-8 -*-
"""Review history: SENAITE keeps a list for each workflow, a document one
list of all.  Pure: needs nothing of SENAITE.

`stamp(time)` gives (micros UTC, zone or None) of a stored time, and
`date(micros, zone)` makes one.
"""

from satchel.companion import values
from satchel.companion.requests import TEXT

NAMED = ("action", "actor", "time", "comments")
OURS = ("workflow", "zone", "state")


def _entry(stored, state_name, workflow, stamp):
    out = {}
    for name, value in stored.items():
        if name == "time" or name == state_name:
            continue
        out[values.key_text(name)] = values.to_json(value)
    out["state"] = values.to_json(stored.get(state_name))
    micros, zone = stamp(stored.get("time"))
    out["time"] = None if micros is None else values.sortable(micros)
    if zone is not None:
        out["zone"] = zone
    if workflow is not None:
        out["workflow"] = workflow
    return micros or 0, out


def flatten(chains, stamp):
    """One list, oldest first, of [(workflow, state name, entries), ...].

    The first workflow is the one that `state` speaks of.  The order inside
    a workflow is kept even where its times run backwards: the last entry is
    the state.
    """
    queues = []
    for rank, (workflow, state_name, entries) in enumerate(chains):
        named = workflow if rank else None
        queues.append([_entry(e, state_name, named, stamp) for e in entries])
    out = []
    while any(queues):
        heads = [(q[0][0], i) for i, q in enumerate(queues) if q]
        out.append(queues[min(heads)[1]].pop(0)[1])
    return out


def _stored(entry, state_name, date):
    out = {}
    for name, value in entry.items():
        if name in OURS or name == "time":
            continue
        out[values.plain_key(name)] = values.from_json(value, None)
    out[state_name] = plain(entry["state"])
    for name in ("action", "actor"):
        out[name] = plain(entry.get(name))
    out["comments"] = plain(entry.get("comments", u""))
    if entry["time"] is None:
        return out
    zone = entry.get("zone")
    out["time"] = date(values.moment(entry["time"]), zone)
    return out


def plain(value):
    """Actions, actors and states are plain str wherever they can be."""
    if isinstance(value, TEXT):
        return values.plain_key(value)
    return value


def check(entries):
    """Unfit unless these are entries of a history."""
    if not isinstance(entries, list):
        raise values.Unfit("history is not a list")
    for entry in entries:
        if not isinstance(entry, dict):
            raise values.Unfit("history holds what is not an entry")
        if not isinstance(entry.get("state"), TEXT):
            raise values.Unfit("an entry of the history has no state")
        if "time" not in entry:
            raise values.Unfit("an entry of the history has no time")
        if entry["time"] is not None:
            values.moment(entry["time"])
        for name in ("workflow", "zone"):
            if name in entry and not isinstance(entry[name], TEXT):
                raise values.Unfit("%s in the history is not text" % name)


def split(entries, first, state, state_names, date):
    """{workflow: [stored entries]} of a document's history.

    `state_names` maps a workflow to the name its state has in an entry.
    The document's `state` is the state now: where the last entry of the
    first workflow is another (a history put together from two), the newest
    entry with that state goes last.
    """
    lists = {}
    for entry in entries:
        workflow = plain(entry.get("workflow")) or first
        name = state_names.get(workflow, "review_state")
        lists.setdefault(workflow, []).append(_stored(entry, name, date))
    if state is None:
        return lists
    mine = lists.get(first, [])
    name = state_names.get(first, "review_state")
    for at in range(len(mine) - 1, -1, -1):
        if mine[at][name] == state:
            mine.append(mine.pop(at))
            return lists
    raise values.Unfit("the history has no entry with state %s" % state)
