"""senaite.jsonapi 2.6: the routes below <site>/@@API/senaite/v1/."""

import base64
import json
import time
import urllib.parse

import schema
from lab import ApiError, Failure
from search import Page, Search
from views import Views
from web import Response, json_response, to_json
from writes import Writer, is_uid

VERSION = {"version": "2.6.0", "date": "2025-04-04"}
NOT_FOUND = ("404 Not Found: The requested URL was not found on the server. "
             "If you entered the URL manually please check your spelling "
             "and try again.")
NOT_ALLOWED = ("405 Method Not Allowed: The method is not allowed for the "
               "requested URL.")
ACTIONS = ("create", "update", "delete")
DATE_SCHEMA = ("(<PloneSite at /%s>, <InterfaceClass Products.CMFPlone."
               "interfaces.controlpanel.IDateAndTimeSchema>, u'')")
SETTINGS = {
    "language": {"ILanguageSchema": {
        "default_language": "en", "available_languages": ["en"],
        "use_combined_language_codes": True, "display_flags": False}},
    "mail": {"IMailSchema": {
        "smtp_host": "localhost", "smtp_port": 25, "smtp_userid": None,
        "smtp_pass": None, "email_from_name": None,
        "email_from_address": None, "email_charset": None}},
    "usergroups": {"IUserGroupsSettingsSchema": {
        "many_users": False, "many_groups": False}},
    "maintenance": {"IMaintenanceSchema": {"days": 7}},
}


class JsonApi:
    def __init__(self, lab, companion=None):
        self.lab = lab
        self.companion = companion

    def answer(self, request, rest):
        """Every error the API did not raise itself is answered with 200."""
        status, headers = 200, []
        try:
            views = Views(self.lab, request.user, request.base)
            views.filedata = request.says_yes("filedata")
            value = Route(self, request, views).run(rest)
            if isinstance(value, Response):
                return value
            if isinstance(value, tuple):
                value, status, headers = value
        except ApiError as error:
            status = error.status
            value = {"message": error.message, "success": False}
        except Failure as error:
            value = {"message": str(error), "success": False}
        value = dict(value)
        value["_runtime"] = time.time() - request.began
        return json_response(value, status, headers)


class Route:
    """One request on its way."""

    def __init__(self, api, request, views):
        self.api = api
        self.lab = api.lab
        self.request = request
        self.user = request.user
        self.views = views

    def run(self, rest):
        parts = [p for p in rest.split("/") if p]
        method = self.request.method
        if not parts:
            parts = ["version"]
        if method == "GET":
            return self.read(parts)
        if method == "POST":
            return self.write(parts)
        raise Failure(NOT_ALLOWED)

    # ---- reading

    def read(self, parts):
        head = parts[0]
        if head == "users" and len(parts) == 2 and parts[1] in (
                "auth", "login", "logout"):
            head, parts = parts[1], parts[1:]
        plain = {"version": self.version, "auth": self.auth,
                 "login": self.login, "logout": self.logout}
        if head in plain and len(parts) == 1:
            return plain[head]()
        named = {"users": self.users, "settings": self.settings,
                 "registry": self.registry, "catalogs": self.catalogs}
        if head in named and len(parts) <= 2:
            return named[head](parts[1] if len(parts) == 2 else None)
        if head == "search" and len(parts) == 1:
            return self.listing(None)
        if head in ACTIONS or head == "push":
            raise Failure(NOT_ALLOWED)
        if len(parts) == 1 and is_uid(head):
            return self.one(head)
        if len(parts) > 2:
            raise Failure(NOT_FOUND)
        resource = schema.RESOURCES.get(head.lower())
        if resource is None:
            raise ApiError(404, "Not Found")
        if len(parts) == 2:
            return self.batch_of_one(parts[1])
        return self.listing(resource)

    def version(self):
        return dict(VERSION, url=self.views.api + "/version")

    def auth(self):
        if self.user.anonymous:
            return {}, 401, [("WWW-Authenticate",
                              'basic realm="JSONAPI AUTH"')]
        return {}

    def login(self):
        name = self.request.get("__ac_name")
        word = self.request.get("__ac_password")
        if name is None:
            raise ApiError(400, "__ac_name is missing")
        if word is None:
            raise ApiError(400, "__ac_password is missing")
        user = self.lab.users.get(name)
        if user is None or user.password != word:
            raise ApiError(401, "Invalid Credentials")
        cookie = base64.b64encode(("%s:%s" % (name, word)).encode()).decode()
        item = self.user_item(user, current=True)
        return ({"count": 1, "items": [item],
                 "url": self.views.api + "/users"}, 200,
                [("Set-Cookie", '__ac="%s"; Path=/' %
                  urllib.parse.quote(cookie))])

    def logout(self):
        return {"url": self.views.api + "/users", "authenticated": False,
                "success": True}

    def user_item(self, user, current=False):
        if user.anonymous:
            return {"username": user.name, "authenticated": False,
                    "roles": ["Anonymous"],
                    "api_url": self.views.api + "/users/current"}
        item = {"username": user.name, "authenticated": current,
                "groups": list(user.groups),
                "roles": list(user.roles) + ["Authenticated"],
                "api_url": self.views.api + "/users/" + user.name}
        if user.root:
            return item
        item["roles"] = ["Member"] + item["roles"]
        item["groups"] = ["AuthenticatedUsers"] + item["groups"]
        item.update(fullname=user.fullname, email=user.email, language="",
                    login_time="2000-01-01T00:00:00", listed=True,
                    last_login_time="2000-01-01T00:00:00", timezone="",
                    visible_ids=False, ext_editor=False, portal_skin="",
                    wysiwyg_editor="", error_log_update=0.0)
        return item

    def users(self, name):
        """Anyone may list all; anonymous sees himself."""
        if self.user.anonymous or name == "current":
            items = [self.user_item(self.user, not self.user.anonymous)]
        elif name:
            user = self.lab.users.get(name)
            items = [self.user_item(user, user.name == self.user.name)
                     if user else None]
        else:
            items = [self.user_item(u, u.name == self.user.name)
                     for u in self.lab.users.values() if not u.root]
        page = Page(self.request, len(items))
        return page.envelope(self.request, items[page.start:page.end],
                             self.here())

    def settings(self, key):
        if key in (None, "dateandtime"):
            raise Failure(DATE_SCHEMA % self.lab.site)
        if key not in SETTINGS:
            raise Failure("u'%s'" % key)
        url = "%s/settings/%s" % (self.views.api, key)
        return dict(self.whole([{key: SETTINGS[key], "api_url": url}]),
                    url=url)

    def registry(self, word):
        """Without a word everything, and a date among it that is no JSON."""
        if word is None:
            return Response(500, b"Traceback (most recent call last):\n"
                            b"TypeError: datetime.datetime(2026, 1, 1, 0, 0)"
                            b" is not JSON serializable\n", "text/plain")
        found = {k: v for k, v in self.lab.registry.items() if word in k}
        return dict(self.whole([found], len(found)),
                    url="%s/registry/%s" % (self.views.api, word))

    def catalogs(self, name):
        always = ["Creator", "Description", "Title", "UID", "created",
                  "getId", "meta_type", "portal_type"]
        known = {n: {"id": n, "schema": sorted(c.columns + always),
                     "indexes": sorted(c.indexes),
                     "portal_types": c.portal_types()}
                 for n, c in schema.CATALOGS.items() if n != "uid_catalog"}
        if name is None:
            return dict(self.whole(list(known.values())),
                        url=self.views.api + "/catalogs")
        if name not in known:
            raise ApiError(404, "No catalog found")
        return known[name]

    def whole(self, items, count=None):
        """These routes give everything, whatever the limit says."""
        page = Page(self.request, len(items) if count is None else count)
        return page.envelope(self.request, items, self.here())

    def here(self):
        return self.request.base + self.request.path[
            len("/" + self.lab.site):]

    def listing(self, resource):
        found = Search(self.lab, self.request, self.views, resource)
        hits = found.found()
        page = Page(self.request, len(hits))
        complete = self.request.says_yes("complete")
        items = [self.shown(obj, found, complete)
                 for obj in hits[page.start:page.end]]
        return page.envelope(self.request, items, self.here())

    def shown(self, obj, found, complete):
        if complete:
            if not self.lab.may_view(self.user, obj):
                raise Failure("You are not authorized to access this "
                              "resource.")
            return self.views.item(obj, found.catalog, found.asked,
                                   self.request.says_yes("workflow"))
        return self.views.brain(obj, found.catalog, found.asked)

    def one(self, uid):
        obj = self.lab.get(uid)
        if obj is None:
            raise ApiError(404, "No object found")
        if not self.lab.may_view(self.user, obj):
            return {}           # no brain for him: an empty item
        return self.views.item(obj, flow=self.request.says_yes("workflow"))

    def batch_of_one(self, uid):
        """The resource is not compared with the object's type."""
        obj = self.lab.get(uid)
        items = [self.one(uid)] if obj else []
        return Page(self.request, len(items)).envelope(
            self.request, items, self.here())

    # ---- writing

    def write(self, parts):
        head = parts[0]
        if parts[-1] in ("login", "logout"):
            return self.read(parts)
        record = self.body()
        if head == "push" and len(parts) == 1:
            return self.push(record)
        resource = None
        if head not in ACTIONS and not is_uid(head):
            resource = schema.RESOURCES.get(head.lower())
            if resource is None:
                raise ApiError(404, "Not Found")
            parts = parts[1:]
        action, uid = None, None
        for part in parts:
            if part in ACTIONS and action is None:
                action = part
            else:
                uid = part
        if action is None:
            word = self.request.headers.get("X-HTTP-Method-Override", "")
            action = {"put": "update", "patch": "update"}.get(
                word.lower(), word.lower())
        if action not in ACTIONS:
            raise Failure(NOT_ALLOWED)
        items = getattr(self, action)(resource, uid, record)
        return {"count": len(items), "items": items,
                "url": "%s/%s" % (self.views.api, action)}

    def body(self):
        """One JSON object, with the form's values over it."""
        record = {}
        kind = self.request.headers.get("Content-Type", "")
        if not kind.startswith("application/x-www-form"):
            try:
                record = json.loads(self.request.body or b"{}")
            except ValueError:
                raise ApiError(400, "Request Data is not JSON deserializable "
                               "\u2013 Check JSON Syntax!") from None
        if isinstance(record, list):
            raise Failure("'list' object has no attribute 'update'")
        if not isinstance(record, dict):
            raise Failure("%r object has no attribute 'update'"
                          % type(record).__name__)
        record.update(self.request.params)
        return record

    def create(self, resource, uid, record):
        lab = self.lab
        if uid is None:
            uid = record.get("parent_uid")
        parent = lab.portal if uid == "0" else lab.get(uid) if uid else None
        path = record.get("parent_path")
        if uid is None and isinstance(path, str):
            parent = lab.at(path[len("/" + lab.site):]
                            if path.startswith("/" + lab.site) else path)
        if uid is not None or path is not None:
            if parent is None:
                raise ApiError(404, "No target container found")
        type_name = resource or record.get("portal_type")
        if parent is None or not type_name:
            raise ApiError(400, "Please provide a container path/uid and "
                           "portal_type")
        obj = Writer(lab, self.user).create(parent, type_name, record)
        return [self.views.item(obj)]

    def update(self, resource, uid, record):
        obj = self.found(uid, record)
        if obj is None:
            raise ApiError(400, "No Objects could be updated")
        if obj is self.lab.portal or obj.parent is self.lab.portal or \
                obj.parent.path() == "/bika_setup":
            raise ApiError(401, "Update of %s is not allowed"
                           % self.views.path(obj))
        Writer(self.lab, self.user).update(obj, record)
        return [self.views.item(obj)]

    def found(self, uid, record):
        lab = self.lab
        if uid or record.get("uid"):
            return lab.get(uid or record["uid"])
        path = record.get("path")
        if path is None and "parent_path" in record and "id" in record:
            path = "%s/%s" % (record["parent_path"], record["id"])
        if not isinstance(path, str):
            return None
        if path.startswith("/" + lab.site):
            path = path[len("/" + lab.site):]
        return lab.at(path)

    def delete(self, resource, uid, record):
        """No deletion: the transition `deactivate`."""
        obj = self.found(uid, record)
        if obj is None:
            raise ApiError(404, "No Objects could be found")
        if obj is self.lab.portal:
            raise ApiError(400, "Can not delete the portal object")
        if self.user.anonymous:
            raise ApiError(401, "Not allowed to deactivate object '%s'"
                           % obj.id)
        Writer(self.lab, self.user).transition(obj, "deactivate")
        return [self.views.complete(obj)]

    def push(self, record):
        """Any user but anonymous; an exception is 500, and committed."""
        if self.user.anonymous:
            raise ApiError(401, "Anonymous user")
        name = record.get("consumer")
        if not name:
            raise ApiError(500, "No consumer name provided")
        consumer = self.api.companion.consumer(name) \
            if self.api.companion else None
        if consumer is None:
            raise ApiError(500, "No consumer registered for name=%s" % name)
        try:
            success = consumer(self.user, record)
        except Exception as error:      # pylint: disable=broad-except
            raise ApiError(500, str(error)) from error
        return {"url": self.views.api + "/push", "success": success}


def legacy(lab, request, rest):
    """senaite.core's older API beside it: <site>/@@API/remove?UID=."""
    answer = {"url": request.base + "/@@API/" + rest}
    try:
        if rest != "remove":
            raise Failure(NOT_FOUND)
        obj = lab.get(request.get("UID", ""))
        if obj is None:
            raise Failure("No object found")
        if obj.type != "Attachment" or \
                not lab.may_modify(request.user, obj):
            raise Failure("Cannot delete '%s' because (Do not have "
                          "permissions to remove this object)" % obj.uid)
        lab.remove(obj, request.user.name)
        answer.update(success=True, error=False)
    except Failure as error:
        answer = {"message": str(error), "success": False}
    answer["_runtime"] = time.time() - request.began
    return Response(200, to_json(answer), "application/json")
