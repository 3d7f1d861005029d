#!/usr/bin/env bash
# Why: a fresh machine needs one command.  install.sh GROUP... installs what packages.txt lists for these
# groups and is missing, says so, and does nothing at all when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
    echo "$*" >&2
    exit 1
}

[ $# -gt 0 ] || stop "usage: scripts/install.sh GROUP...   (groups: $(sed -n 's/^\([a-z]*\):.*/\1/p' packages.txt | sort -u | xargs))"

packages=()
for group in "$@"; do
    grep -q "^$group:" packages.txt || stop "packages.txt has no group '$group'."
    read -ra more < <(sed -n "s/^$group://p" packages.txt | xargs)
    packages+=("${more[@]}")
done

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    stop "This is not Debian, so install by hand what these packages hold: ${packages[*]}"

# What an installed package provides is there too: a Node.js of another source brings npm, and would not have Debian's.
present=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package},${Provides}\n' | sed -n 's/^ii *|//p' | tr ',' '\n' |
    sed 's/(.*//; s/[[:space:]]//g')
missing=()
for package in $(printf '%s\n' "${packages[@]}" | sort -u); do
    grep -qxF -- "$package" <<<"$present" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
        stop "Missing: ${missing[*]}. Run as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo -n)
fi

echo "Installing (apt-get, without recommended extras): ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600)

# The lists may be absent or old: try with what is there, and fetch them once when that does not do.
install_missing() {
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >>"$log" 2>&1
}
if ! install_missing; then
    # One unreachable source is no reason to stop: what counts is whether the packages then install.
    "${apt[@]}" update >>"$log" 2>&1 || true
    if ! install_missing; then
        tail -n 40 "$log" >&2
        stop "apt-get could not install them; its last words are above."
    fi
fi
