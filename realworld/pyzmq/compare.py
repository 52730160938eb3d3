"""Runs the tests of python3-zmq on the system's libzmq and on another library, and compares: it fails when a test fails
on the other library that passes on the system's. Or builds pyzmq against what is installed in a directory, with the
draft API, and runs its tests: it fails when one does.

Some tests bind to ports that they were written with (5555, 6666, ...), of which a machine has one each: two runs at the
same time fail with "Address already in use", whatever the library. So one run follows the other, and waits for those of
other copies of this program.
"""
import argparse
import contextlib
import fcntl
import itertools
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
FAILED = ("failure", "error")
SECONDS_A_TEST = 120
SECONDS = 1500
# Tests that time decides, on either library; where they fail, they break those after them. They are run by themselves,
# and have to pass in one of so many attempts.
RACES = {
    "test_log.TestPubLog.test_blank_root_topic":
        "it publishes at once after it has subscribed, and waits for ever if the subscription was still on its way"
}
ATTEMPTS = 50
SECONDS_AN_ATTEMPT = 5
# Many tests allow a thread a tenth of a second. One that fails on ours only has to pass by itself, each of so many times.
AGAIN = 5


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


def built(source, place, prefix):
    """The source package, built against the library and the header that are installed there, with the draft API."""
    packages = place / "built"
    shutil.copytree(source, packages)
    variables = dict(os.environ, ZMQ_PREFIX=str(prefix), ZMQ_DRAFT_API="1")
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=packages, env=variables, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode != 0:
        sys.exit(f"pyzmq could not be built:\n{(done.stdout + done.stderr)[-5000:]}")
    return packages


@contextlib.contextmanager
def ports():
    """While this lasts, nobody else on this machine runs the tests."""
    with open(pathlib.Path(tempfile.gettempdir()) / "oxmq-pyzmq-ports.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def environment(place, packages, library):
    """The environment for Python on a library, with a home of its own."""
    result = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", TMPDIR=str(place), HOME=str(place))
    for variable in ("LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH"):
        result.pop(variable, None)
    if packages:
        result["PYTHONPATH"] = str(packages)
    if library:
        result["LD_PRELOAD"] = str(library)
    return result


def pytest(*arguments):
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]


def run(name, place, packages, tests, library):
    """Runs the tests in a directory of their own: what became of each, and the processor time that all took."""
    here = place / f"{name}-results"
    here.mkdir()
    command = pytest(f"--timeout={SECONDS_A_TEST}", f"--junitxml={here}/results.xml")
    command += ["-k", " and ".join(f"not {race.rpartition('.')[2]}" for race in RACES), "--pyargs", *tests]
    before = os.times()
    with ports(), open(here / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=here, env=environment(here, packages, library), stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL)
        try:
            process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return results(here, name, process.returncode), seconds


def alone(place, packages, test, library):
    """Runs one test by itself again and again: for each attempt, whether it passed."""
    here = pathlib.Path(tempfile.mkdtemp(dir=place))
    # The test's own limit, which is a signal, or else it would wait a minute.
    variables = dict(environment(here, packages, library), ZMQ_TEST_TIMEOUT=str(SECONDS_AN_ATTEMPT))
    command = pytest("--pyargs", "zmq.tests." + test.replace(".", "::"))
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    while True:
        with ports():
            done = subprocess.run(command, cwd=here, env=variables, timeout=SECONDS_A_TEST, **quiet)
        yield done.returncode == 0


def is_won(place, packages, race, library):
    """Whether the test passes in one of its attempts."""
    return any(itertools.islice(alone(place, packages, race, library), ATTEMPTS))


def results(here, name, status):
    """What became of each test. One that did not come to be run, because all stopped, is not there."""
    file = here / "results.xml"
    if not file.exists():
        log = (here / "log").read_text(errors="replace")
        sys.exit(f"{name}: the tests ended with status {status}:\n{log[-5000:]}")
    outcomes = {}
    for case in xml.parse(file).iter("testcase"):
        test = f"{case.get('classname')}.{case.get('name')}".removeprefix("zmq.tests.")
        kinds = {child.tag: child.get("message", "") for child in case}
        for kind in (*FAILED, "skipped"):
            if kind in kinds:
                outcomes[test] = (kind, kinds[kind])
                break
        else:
            outcomes[test] = ("passed", "")
    return outcomes


def count(outcomes, *kinds):
    return sum(kind in kinds for kind, _ in outcomes.values())


def run_races(place, packages, library, outcomes):
    for race, why in RACES.items():
        outcomes[race] = ("passed", "") if is_won(place, packages, race, library) else ("failure", why)


def table(rows):
    print(f"{'':8}{'passed':>8}{'failed':>8}{'skipped':>8}{'processor seconds':>20}")
    for name, outcomes, seconds in rows:
        row = count(outcomes, "passed"), count(outcomes, *FAILED), count(outcomes, "skipped")
        print(f"{name:8}{row[0]:8}{row[1]:8}{row[2]:8}{seconds:20.1f}")


def first_line(text):
    return text.splitlines()[0] if text else ""


def compare(place, library, modules, quick):
    """Runs the tests on both libraries. Whether none is worse."""
    tests = [f"zmq.tests.test_{module}" for module in modules] or ["zmq.tests"]
    packages = None
    if not quick:
        staged = place / "staged"
        staged.mkdir()
        packages = stage(source_package(place), staged)
    rows = []
    for name, path in (("theirs", None), ("ours", library)):
        outcomes, seconds = run(name, place, packages, tests, path)
        if not modules:
            run_races(place, packages, path, outcomes)
        rows.append((name, outcomes, seconds))
    (_, theirs, _), (_, ours, _) = rows
    table(rows)
    for test, (kind, why) in sorted(theirs.items()):
        if kind in FAILED:
            print(f"fails on the system's libzmq: {test}: {first_line(why) or kind}")
    for test, (kind, why) in sorted(ours.items()):
        if kind in FAILED and theirs.get(test, ("",))[0] == "skipped":
            print(f"skipped on the system's libzmq, fails on ours: {test}: {first_line(why) or kind}")
    worse = []
    for test in sorted(test for test, (kind, _) in theirs.items() if kind == "passed"):
        kind, why = ours.get(test, ("not run", ""))
        if kind == "passed":
            continue
        if all(itertools.islice(alone(place, packages, test, library), AGAIN)):
            print(f"fails on ours, and passes {AGAIN} times by itself: {test}: {first_line(why)}")
        else:
            print(f"WORSE {test}: {kind} {why[:200]}")
            worse.append(test)
    if worse:
        print((place / "ours-results" / "log").read_text(errors="replace")[-20000:])
    return not worse


def build_and_test(place, prefix):
    """Whether all tests pass, except those that want a package that is not there."""
    packages = built(source_package(place), place, prefix)
    outcomes, seconds = run("built", place, packages, ["zmq.tests"], None)
    run_races(place, packages, None, outcomes)
    table([("built", outcomes, seconds)])
    failed = {test: why for test, (kind, why) in sorted(outcomes.items()) if kind in FAILED}
    for test, why in failed.items():
        print(f"fails: {test}: {first_line(why)}")
    bad = [test for test, why in failed.items() if not why.startswith("ModuleNotFoundError")]
    if bad:
        print((place / "built-results" / "log").read_text(errors="replace")[-20000:])
    return not bad


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--library", type=pathlib.Path, help="the library to compare with the system's")
    what.add_argument("--build-with", type=pathlib.Path, help="where library and header are installed to build with")
    parser.add_argument("--quick", action="store_true", help="the quick ones of the system's package only")
    parser.add_argument("tests", nargs="*", help="modules, without test_")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pyzmq-tests-") as directory:
        place = pathlib.Path(directory)
        if arguments.build_with:
            good = build_and_test(place, arguments.build_with.resolve(strict=True))
        else:
            modules = arguments.tests or (QUICK if arguments.quick else [])
            good = compare(place, arguments.library.resolve(strict=True), modules, arguments.quick)
    sys.exit(not good)


main()
