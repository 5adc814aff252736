"""Make the SENAITE site (run by Zope's console, which defines `app`)."""
import transaction
from AccessControl.SecurityManagement import newSecurityManager
from Products.CMFPlone.factory import addPloneSite
from Testing.makerequest import makerequest
from zope.component.hooks import setSite
from zope.globalrequest import setRequest

root = makerequest(app)  # noqa: F821
admin = root.acl_users.getUser('admin').__of__(root.acl_users)
newSecurityManager(None, admin)
setRequest(root.REQUEST)
site = addPloneSite(root, 'senaite', title='SENAITE', setup_content=False,
                    default_language='en', portal_timezone='UTC')
setSite(site)
site.portal_setup.runAllImportStepsFromProfile('profile-senaite.lims:default')

# People of the lab: results are not verified by who submitted them.
for name, role in (('labman', 'LabManager'), ('verifier', 'LabManager'),
                   ('analyst', 'Analyst'), ('clerk', 'LabClerk')):
    site.portal_registration.addMember(
        name, 'Lab-' + name + '-1', roles=['Member', role],
        properties={'username': name, 'fullname': name.title(),
                    'email': name + '@lab.example'})
transaction.commit()
