#!/usr/bin/python3
"""Why: a check that finds nothing looks just like a check that can't find anything.

Each check is given a planted mistake, and a good case beside it.  Prints TAP.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_core
import check_documents
import check_layers
import results


class Layers(unittest.TestCase):
    def found(self, path, text):
        with tempfile.TemporaryDirectory() as root:
            for name in ("include/kith/status.h", "src/base/bytes.h", "src/smp/engine.h", "src/hci/codec.h", "sim/sim.h", "sim/air.h",
                         "tests/scenario/people.h", path):
                file = pathlib.Path(root, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text if name == path else "")
            return list(check_layers.violations(root))

    def test_allowed_includes_pass(self):
        text = '#include <string.h>\n#include "kith/status.h"\n#include "base/bytes.h"\n#include "smp/engine.h"\n'
        self.assertEqual(self.found("src/smp/engine.c", text), [])
        self.assertEqual(self.found("tests/scenario/test_a.c", '#include "people.h"\n#include "sim/sim.h"\n'), [])

    def test_planted_upward_include_is_named_with_its_line(self):
        found = self.found("src/base/wipe.c", '/* planted */\n#include "smp/engine.h"\n')
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("src/base/wipe.c:2:"), found[0])

    def test_planted_side_doors_are_found(self):
        for path, text in (
            ("src/smp/a.c", "#include <stdio.h>\n"),
            ("src/base/a.c", '#include "../smp/engine.h"\n'),
            ("src/smp/a.c", '#  include "hci/codec.h"\n'),
            ("src/smp/a.c", '#include "base/nowhere.h"\n'),
            ("src/new/a.c", "\n"),
            ("sim/air.c", '#include "smp/engine.h"\n'),
            ("ports/posix/a.c", '#include "base/bytes.h"\n'),
            ("tests/scenario/test_a.c", '#include "smp/engine.h"\n'),
            ("tests/conformance/test_a.c", '#include "sim/air.h"\n'),
            ("include/kith/a.h", '#include "base/bytes.h"\n'),
        ):
            with self.subTest(path=path, text=text):
                self.assertEqual(len(self.found(path, text)), 1)


class Documents(unittest.TestCase):
    def found(self, text):
        header = ("/* kith_only_said(), KITH_ONLY_SAID */\nvoid kith_there(int there);\n"
                  "#define KITH_WHY_TABLE(X) \\\n    X(PAIRED, \"paired\") \\\n    X(LOST, \"lost\")\n")
        with tempfile.TemporaryDirectory() as root:
            for name in ("include/kith/there.h", *check_documents.DOCUMENTS):
                file = pathlib.Path(root, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(header if name.endswith(".h") else text)
            return list(check_documents.violations(root))

    def test_names_of_headers_pass(self):
        self.assertEqual(self.found("`kith_there()` of kith/there.h, `KITH_WHY_LOST`, `pm_init`\n"), [])

    def test_fields_behind_the_first_column_are_ours(self):
        self.assertEqual(self.found("| `mitm` | `there = false`, `pm_init`, `.there` |\n"), [])
        self.assertEqual(len(self.found("| `mitm` | `limits.there` |\n")), len(check_documents.DOCUMENTS))  # limits
        self.assertEqual(len(self.found("| `there` | `gone` |\n")), len(check_documents.DOCUMENTS))

    def test_planted_names_are_named_with_their_line(self):
        for name in ("kith_gone", "KITH_WHY_GONE", "kith_only_said", "KITH_ONLY_SAID", "kith/gone.h", "kith_therefore"):
            found = self.found(f"fine\n`{name}`\n")
            self.assertEqual(len(found), len(check_documents.DOCUMENTS), name)
            self.assertTrue(found[0].startswith(f"{check_documents.DOCUMENTS[0]}:2:"), found[0])


class Core(unittest.TestCase):
    def found(self, source):
        with tempfile.TemporaryDirectory() as folder:
            c, o, a = (str(pathlib.Path(folder, "planted" + end)) for end in (".c", ".o", ".a"))
            pathlib.Path(c).write_text(source)
            subprocess.run(["gcc", "-std=c11", "-O0", "-c", c, "-o", o], check=True)
            subprocess.run(["ar", "rc", a, o], check=True)
            return "\n".join(check_core.violations([a]))

    def test_pure_code_passes(self):
        self.assertEqual(self.found(
            "#include <string.h>\nstatic int f(int a) { return a + 1; }\n"
            "static int (*const table[])(int) = {f};\n"
            "int run(const char *s, unsigned i) { return table[i]((int)strlen(s)); }\n"), "")

    def test_planted_malloc_clock_and_output_are_found(self):
        found = self.found("#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\n"
                           'void *f(int a) { printf("%d %ld", a, (long)time(0)); return malloc(3); }\n')
        for name in ("malloc", "time", "printf"):
            self.assertIn(f"wants {name} ", found)

    def test_planted_globals_are_found(self):
        found = self.found("int shared; int set = 1;\nint f(void) { static int kept; return ++kept; }\n"
                           "_Thread_local int mine;\n")
        for name in ("shared", "set", "kept", "mine"):
            self.assertIn(f": {name}", found)

    def test_an_empty_library_is_no_pure_library(self):
        self.assertIn("nothing to check", self.found(""))


class Results(unittest.TestCase):
    XML = ('<testsuite name="tests" time="0.000" tests="3" failures="1" errors="0" skipped="1" >\n'
           '<testcase name="SM/CEN/SCJW/BV-01-C" time="0.0" >\n</testcase>\n'
           '<testcase name="b" time="0.0" >\n<failure><![CDATA[1 != 2]]></failure></testcase>\n'
           '<testcase name="c" time="0.0" >\n<skipped/></testcase>\n')

    def test_xml_of_cmocka_is_read(self):
        self.assertEqual(results.parse(self.XML), [("pass", "SM/CEN/SCJW/BV-01-C", ""), ("fail", "b", "1 != 2"),
                                                   ("skip", "c", "")])

    def test_a_case_that_two_groups_run_counts_twice(self):
        twice = self.XML + self.XML.replace('"tests" time', '"psa" time') + self.XML
        names = [name for _, name, _ in results.parse(twice)]
        self.assertEqual(len(set(names)), 9)
        self.assertEqual(names[::4], ["SM/CEN/SCJW/BV-01-C [tests]", "b [psa]", "c [tests] (2)"])

    def test_the_table_of_interop_is_read(self):
        table = "cell: title\n  passed   Linux finds us        0.7 s  in 2 reports\n  FAILED   keys are equal   1.0 s  no: 1\n"
        self.assertEqual(results.parse(table + "3 s\n1 passed, 1 failed, 0 skipped\n"),
                         [("pass", "Linux finds us", "in 2 reports"), ("fail", "keys are equal", "no: 1")])

    def test_tap_is_read_and_a_skip_said_as_not_ok_is_a_skip(self):
        rows = results.parse("1..4\nok 1 - a\nnot ok 2 - b # SKIP no radio\nnot ok 3 - c\n")
        self.assertEqual([row[0] for row in rows], ["pass", "skip", "fail", "fail"])  # the last: planned, not run

    def test_one_case_in_two_builds_counts_once_with_its_worst(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "a.tsv").write_text("pass\tu\tx\nskip\tu\ty\npass\tu\tz\n")
            pathlib.Path(folder, "b.tsv").write_text("fail\tu\tx\npass\tu\ty\npass\tu\tz\n")
            self.assertEqual(results.summary(results.read([folder]).values()), "2 passed, 1 failed, 0 skipped")

    def test_a_program_that_crashes_or_runs_nothing_is_a_failure(self):
        here = pathlib.Path(__file__).resolve().parent
        for script, line in (("exit 0", "1 passed, 0 failed"), ("kill -9 $$", "0 passed, 1 failed"),
                             ("echo ok 1 - a; exit 3", "1 passed, 1 failed")):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([here / "run_tests.py", "x", "--program", "sh", "-c", script],
                                      env={"KITH_RESULTS": folder, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
            self.assertIn(line, done.stdout)
            self.assertEqual(done.returncode == 0, "0 failed" in line)


class Tap(unittest.TestResult):
    def say(self, word, test):
        print(f"{word} {self.testsRun} - {str(test).split()[0].removeprefix('test_')}")

    def addSuccess(self, test):
        self.say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("not ok", test)
        print(self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say("not ok", test)
        print(self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            print(f"not ok {self.testsRun} - {subtest}".replace("\n", " "))


if __name__ == "__main__":
    outcome = Tap()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(outcome)
    print(f"1..{outcome.testsRun}")
    sys.exit(0 if outcome.wasSuccessful() else 1)
