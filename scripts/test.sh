#!/usr/bin/env bash
# Why: `make test`, the everyday run: what must hold before anyone commits.  Minutes, not a quarter of an hour.
set -uo pipefail
source "$(dirname "$0")/steps.sh"
begin test

need build test cross
step layers scripts/check_layers.py
step format scripts/format.sh --check
step scripts scripts/run_tests.py scripts --program scripts/test_scripts.py
step headers scripts/check_headers.sh
step documents scripts/check_documents.py
built=no
if step build scripts/build.sh dev; then
    built=yes
    beside command scripts/run_tests.py command --program tests/command/run
    step unit scripts/run_tests.py unit build unit
    step conformance scripts/run_tests.py conformance build conformance
    step stores scripts/run_tests.py stores build stores
    step powerloss env KITH_BRIEF=1 scripts/run_tests.py powerloss build powerloss # all of it in `make full`
    step scenario scripts/run_tests.py scenario build scenario
    step judge scripts/run_tests.py judge --program tests/judge/run
    step demo build/kith demo
    step first-program scripts/check_first_program.sh
    step examples scripts/examples.sh
    step diagrams scripts/diagrams.sh --check
    step core scripts/check_core.py build/libkith.a build/libkith-export.a
else
    not_run "the build failed" unit conformance stores powerloss scenario judge command demo first-program examples diagrams core
fi
[ $built = no ] || joined command
step asan scripts/test_build.sh asan unit # with clang; the others in `make full`
step cortex-m4 scripts/size_cortex_m4.sh

finish
