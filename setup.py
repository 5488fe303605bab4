"""Builds the one distribution: the agent, the driver and the data files that both read.

The version stands in ``pyproject.toml``, where ``vctl install FOLDER`` looks for it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

IDENTITY_FILE = "volttron-ieee2030-5-default-vip-id"
DRIVER = "volttron.driver.interfaces.ieee2030_5"


class BuildPy(build_py):
    """Adds VOLTTRON's file with the default identity to the root of the wheel."""

    def run(self) -> None:
        # build/lib keeps what an earlier build put there: a module deleted since then would
        # still be in the wheel.
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            shutil.copy(IDENTITY_FILE, self.build_lib)


setup(
    description="IEEE 2030.5 server for VOLTTRON: DERs speak HTTP, their data become points",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.11",
    # VOLTTRON 11 has only release candidates so far; a range that names one lets pip take it
    # without --pre, which would also take pre-releases of everything else (lxml 7.0.0b1).
    install_requires=[
        "volttron-core>=2.0.0rc38,<3",  # and not volttron: see extras_require
        "volttron-lib-web>=2.0.0rc7,<3",
        "volttron-platform-driver>=2.0.0rc9,<3",
        "cattrs>=23.2.3,<24",  # documents of the store; VOLTTRON's own range
        "click>=8.1,<9",
        "cryptography>=49,<50",  # makes certificates; VOLTTRON pins it to this range
        "gevent>=24.2.1,<25",
        "httptools>=0.7,<1",  # the HTTP/1.1 parser of the listener: llhttp, strict and fast
        "lxml>=5,<7",
        "pydantic>=2.9.2,<3",
        "psutil>=5.9,<6",  # VOLTTRON pins both of these
        "pyzmq>=25.1,<26",
        "sortedcontainers>=2.4,<3",
        "urllib3>=2.2,<3",  # sends notifications; VOLTTRON brings it
        "tzdata",  # for zoneinfo on machines without a time zone database
    ],
    extras_require={
        # vctl installs agents into a poetry project that is named volttron itself, so an agent
        # that requires the distribution of that name cannot be installed: "volttron is 0.1.0".
        "platform": ["volttron>=11.0.0rc3,<12"],
        "dev": [
            # The generated models do not import xsdata: only `make schemas` needs it.
            "xsdata[cli]>=26.10,<27",
            "py20305>=0.16,<0.17",
            "pysunspec2>=1.3,<2",
            "hypothesis>=6,<7",
            "import-linter>=2.16,<3",
            "libfaketime>=3.0.1,<4",  # a clock that the tests set, for real processes
            "lxml-stubs",
            "mypy>=2.4,<3",
            "poetry-plugin-pypi-mirror>=0.6.5,<1",  # VOLTTRON's poetry gets pip's index
            "pytest>=9,<10",
            "requests>=2.34,<3",
            "ruff>=0.17,<0.18",
            "types-psutil",
            "types-requests",
        ],
    },
    packages=[*find_packages(include=["ieee2030_5_agent*"]), DRIVER],
    package_dir={DRIVER: "ieee2030_5_driver"},
    # Both folders stand once at the root of the repository and are links in the package.
    package_data={
        "ieee2030_5_agent": [
            "config/*.csv",
            "config/points/*.csv",
            "config/*.json",
            "schemas/*.xsd",
        ]
    },
    entry_points={
        "console_scripts": [
            "volttron-ieee2030-5 = ieee2030_5_agent.__main__:main",  # named as vctl looks for it
            "ieee2030-5 = ieee2030_5_agent.cli.main:main",
        ]
    },
    cmdclass={"build_py": BuildPy},
)
