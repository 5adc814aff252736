"""Zope's own programs, with each distribution in a folder of its own.

    python2.7 launcher.py mkinst|console|serve ARGUMENTS...
"""
import glob
import os
import sys

paths = [p for p in os.environ.get('SENAITE_EXTRA', '').split(':') if p]
paths += sorted(glob.glob(os.path.join(os.environ['SENAITE_EGGS'], '*.egg')))
sys.path[0:1] = paths

import pkg_resources  # noqa: E402

for path in paths:
    pkg_resources.working_set.add_entry(path)
command = sys.argv.pop(1)
if command == 'mkinst':
    from Zope2.utilities.mkwsgiinstance import main
elif command == 'console':
    from Zope2.utilities.zconsole import main
else:
    from Zope2.Startup.serve import main
sys.exit(main())
