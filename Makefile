# The commands people type.  Each installs what it lacks (packages.txt) and calls a script or CMake.

.PHONY: diagrams examples all demo test full conformance interop bench coverage format clean

all:
	@scripts/install.sh build
	@scripts/build.sh dev

# Two devices meet on the virtual radio, pair, and read a protected value.
demo: all
	@build/kith demo

# What must hold before a commit, in a few minutes.
test:
	@scripts/test.sh

# The heavy rest.
full:
	@scripts/full.sh

# The SIG's test case ids, with our results.
conformance:
	@scripts/install.sh build test
	@scripts/build.sh dev
	@scripts/conformance.py

# A real Linux with BlueZ, in a virtual machine, pairs with us.
interop: all
	@scripts/install.sh interop
	@tests/interop/run

bench:
	@scripts/install.sh build full
	@scripts/bench.sh

coverage:
	@scripts/install.sh build test full
	@scripts/coverage.sh

# Scenario programs, on the virtual radio.
examples: all
	@scripts/examples.sh

# The pictures of docs/, from the tables that run.
diagrams: all
	@scripts/diagrams.sh

format:
	@scripts/install.sh test
	@scripts/format.sh

clean:
	rm -rf build
