"""The package on other versions: ``nox`` runs all of it, ``nox -l`` lists it; Pythons that are missing are skipped.

``tests`` on Python 3.11 to 3.14; ``minimal``, the base package without any extra; ``oldest``, with the lowest version
of each requirement that ``pyproject.toml`` allows.
"""

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The default tests, and the demonstration."""
    session.install("--constraint", "constraints.txt", "--editable", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)
    session.run("interplay", "demo", "-o", session.create_tmp() + "/demo")


@nox.session(python=PYTHONS)
def minimal(session: nox.Session) -> None:
    """The base package alone imports, estimates, trains and reports."""
    session.install("--constraint", "constraints.txt", ".")
    session.run("python", "tests/base_package.py")


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """The same with the oldest versions; torch is the one that the index has for this machine."""
    pins = session.run("python", "tests/oldest_versions.py", silent=True)
    path = session.create_tmp() + "/oldest.txt"
    with open(path, "w", encoding="utf-8") as file:
        file.write(str(pins))
    # the pip that comes with a new environment may search for hours among versions that old ones go with
    session.install("--upgrade", "pip")
    session.install("--constraint", path, ".")
    session.run("python", "tests/base_package.py")
