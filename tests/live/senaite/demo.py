"""SENAITE's own demonstration set-up (its test data), through its own
import (run by Zope's console, which defines `app`)."""
import pkg_resources
import transaction
from AccessControl.SecurityManagement import newSecurityManager
from senaite.core.exportimport.genericsetup.structure import import_xml
from Testing.makerequest import makerequest
from zope.component.hooks import setSite
from zope.globalrequest import setRequest

root = makerequest(app)  # noqa: F821
admin = root.acl_users.getUser('admin').__of__(root.acl_users)
newSecurityManager(None, admin)
setRequest(root.REQUEST)
site = root.senaite
setSite(site)
data = pkg_resources.resource_stream(
    'senaite.core', 'tests/setup_tool-demodata.tar.gz').read()
import_xml(site.portal_setup._getImportContext(None, False, archive=data))
transaction.commit()
