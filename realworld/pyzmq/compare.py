"""Runs the tests of python3-zmq on the system's libzmq and on another library, and compares.

Fails when a test fails on the other library that passes on the system's.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

import zmq

# Modules that are over in seconds.
QUICK = """context decorators device error etc future message monitor monqueue multipart pair poll
           proxy_steerable pubsub reqrep retry_eintr security socket version z85 zmqstream""".split()
SECONDS_A_TEST = 120
SECONDS = 1500


def source_package(place):
    """The directory of the source package of the same version, fetched by pip, or given by the environment."""
    given = os.environ.get("PYZMQ_SOURCE")
    if given:
        return pathlib.Path(given)
    requirement = f"pyzmq=={zmq.__version__}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", ":all:", "--no-deps", requirement]
    subprocess.run(command, cwd=place, check=True, stdout=sys.stderr)
    (archive,) = place.glob("pyzmq-*.tar.gz")
    shutil.unpack_archive(archive, place, filter="data") if sys.version_info >= (3, 12) else shutil.unpack_archive(
        archive, place
    )
    return place / archive.name.removesuffix(".tar.gz")


def stage(source, place):
    """The system's package with the tests of the source package in it."""
    package = place / "zmq"
    package.mkdir()
    for entry in pathlib.Path(zmq.__file__).parent.iterdir():
        if entry.name not in ("tests", "__pycache__"):
            (package / entry.name).symlink_to(entry)
    shutil.copytree(source / "zmq" / "tests", package / "tests")
    return place


def start(name, place, packages, tests, library):
    """Starts the tests, in a directory of their own."""
    here = place / name
    here.mkdir()
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", TMPDIR=str(here), HOME=str(here))
    for variable in ("LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH"):
        environment.pop(variable, None)
    if packages:
        environment["PYTHONPATH"] = str(packages)
    if library:
        environment["LD_PRELOAD"] = str(library)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--timeout={SECONDS_A_TEST}"]
    command += [f"--junitxml={here}/results.xml", "--pyargs", *tests]
    with open(here / "log", "wb") as log:
        return subprocess.Popen(command, cwd=here, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def results(name, place, process):
    """What became of each test. One that did not come to be run, because all stopped, is not there."""
    try:
        process.wait(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    file = place / name / "results.xml"
    if not file.exists():
        log = (place / name / "log").read_text(errors="replace")
        sys.exit(f"{name}: the tests ended with status {process.returncode}:\n{log[-5000:]}")
    outcomes = {}
    for case in xml.parse(file).iter("testcase"):
        test = f"{case.get('classname')}.{case.get('name')}".removeprefix("zmq.tests.")
        kinds = {child.tag: child.get("message", "") for child in case}
        for kind in ("error", "failure", "skipped"):
            if kind in kinds:
                outcomes[test] = (kind, kinds[kind])
                break
        else:
            outcomes[test] = ("passed", "")
    return outcomes


def count(outcomes, *kinds):
    return sum(kind in kinds for kind, _ in outcomes.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=pathlib.Path, required=True, help="the library to compare with the system's")
    parser.add_argument("--quick", action="store_true", help="the quick ones of the system's package only")
    parser.add_argument("tests", nargs="*", help="modules, without test_")
    arguments = parser.parse_args()
    modules = arguments.tests or (QUICK if arguments.quick else [])
    tests = [f"zmq.tests.test_{module}" for module in modules] or ["zmq.tests"]
    with tempfile.TemporaryDirectory(prefix="pyzmq-tests-") as directory:
        place = pathlib.Path(directory)
        packages = None
        if not arguments.quick:
            staged = place / "staged"
            staged.mkdir()
            packages = stage(source_package(place), staged)
        library = arguments.library.resolve(strict=True)
        started = [(name, start(name, place, packages, tests, path)) for name, path in (("theirs", None), ("ours", library))]
        theirs, ours = (results(name, place, process) for name, process in started)
        worse = sorted(test for test, (kind, _) in theirs.items() if kind == "passed" and ours.get(test, ("",))[0] != "passed")
        print(f"{'':8}{'passed':>8}{'failed':>8}{'skipped':>8}")
        for name, outcomes in (("theirs", theirs), ("ours", ours)):
            row = count(outcomes, "passed"), count(outcomes, "failure", "error"), count(outcomes, "skipped")
            print(f"{name:8}{row[0]:8}{row[1]:8}{row[2]:8}")
        for test, (kind, why) in sorted(theirs.items()):
            if kind in ("failure", "error"):
                print(f"fails on the system's libzmq: {test}: {why.splitlines()[0] if why else kind}")
        for test in worse:
            kind, why = ours.get(test, ("not run", ""))
            print(f"WORSE {test}: {kind} {why[:200]}")
        if worse:
            print((place / "ours" / "log").read_text(errors="replace")[-20000:])
            sys.exit(1)


main()
