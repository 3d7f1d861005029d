#!/usr/bin/env bash
# Why: tests for other machines need their libraries, and installing those beside our own changes the whole
# system or fails.  sysroot.sh ARCH unpacks the packages of group `sysroot` under build/sysroot/ARCH, and
# prints that path; a second time it only prints.  Nothing outside build/ changes.
set -euo pipefail
cd "$(dirname "$0")/.."

arch=$1
root=$PWD/build/sysroot/$arch
read -ra packages < <(sed -n 's/^sysroot://p' packages.txt | xargs)
wanted="${packages[*]}"

if [ "$(cat "$root/.packages" 2>/dev/null || true)" != "$wanted" ]; then
    rm -rf "$root"
    mkdir -p "$root/lists/partial" "$root/debs"
    # Our own package lists, for this architecture besides the machine's own.
    apt=(apt-get -q -o APT::Architectures::="$(dpkg --print-architecture)" -o APT::Architectures::="$arch"
        -o Dir::State::Lists="$root/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        -o APT::Sandbox::User=)
    {
        # One unreachable source is no reason to stop: the download tells whether the rest was enough.
        "${apt[@]}" update || true
        (cd "$root/debs" && "${apt[@]}" download "${packages[@]/%/:$arch}")
    } >"$root/log" 2>&1 </dev/null || {
        tail -n 20 "$root/log" >&2
        echo "The libraries for $arch could not be downloaded; apt-get's last words are above." >&2
        exit 1
    }
    for package in "$root"/debs/*.deb; do
        dpkg-deb -x "$package" "$root"
    done
    rm -rf "$root/lists" "$root/debs"
    echo "$wanted" >"$root/.packages"
fi
echo "$root"
