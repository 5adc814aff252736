# -*- coding: utf-8 -*-
import io
import os

from setuptools import find_packages
from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with io.open(os.path.join(HERE, name), encoding="utf-8") as f:
        return f.read()


setup(
    name="satchel.companion",
    version="1.0.0",
    description="Lets Satchel read and write a SENAITE LIMS faithfully",
    long_description=read("README.md") + u"\n\n" + read("CHANGES.md"),
    long_description_content_type="text/markdown",
    classifiers=[
        "Framework :: Plone :: 5.2",
        "Programming Language :: Python :: 2.7",
    ],
    packages=find_packages("src"),
    package_dir={"": "src"},
    namespace_packages=["satchel"],
    include_package_data=True,
    package_data={"satchel.companion": ["*.zcml", "profiles/*/*.xml"]},
    zip_safe=False,
    python_requires=">=2.7, <3",
    install_requires=[
        "setuptools",
        "senaite.core>=2.5",
        "senaite.jsonapi>=2.5",
    ],
    entry_points={
        "z3c.autoinclude.plugin": ["target = plone"],
    },
)
