"""The virtual machine's kernel and initramfs, made from Debian packages and nothing else.

The kernel is the package that linux-image-amd64 depends on, downloaded and unpacked, not installed.
The initramfs holds busybox, D-Bus and BlueZ from this machine, with their libraries, and the modules
needed.  It is named by a hash of all that goes into it, so it is rebuilt exactly when something changed.
"""

import gzip
import hashlib
import io
import lzma
import os
import re
import stat
import struct
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

PROGRAMS = (
    "/usr/libexec/bluetooth/bluetoothd",
    "/usr/bin/bluetoothctl",
    "/usr/bin/btmgmt",
    "/usr/bin/btattach",
    "/usr/bin/btmon",
    "/usr/bin/dbus-daemon",
    "/usr/bin/gdbus",
)
ATT_CLIENT = HERE / "guest_att.c"
DATA_FILES = ("/usr/share/dbus-1/system.conf", "/etc/dbus-1/system.d/bluetooth.conf")
# A file that must exist, and the Debian package it comes from.
NEEDED = (
    ("/usr/bin/qemu-system-x86_64", "qemu-system-x86"),
    ("/bin/busybox", "busybox-static"),
    ("/sbin/depmod", "kmod"),
    ("/usr/bin/dbus-daemon", "dbus-daemon"),
    ("/etc/dbus-1/system.d/bluetooth.conf", "bluez"),
    ("/usr/libexec/bluetooth/bluetoothd", "bluez"),
    ("/usr/bin/btmgmt", "bluez"),
    ("/usr/bin/btattach", "bluez"),
    ("/usr/bin/btmon", "bluez"),
    ("/usr/bin/btvirt", "bluez-test-tools"),
    ("/usr/include/openssl/evp.h", "libssl-dev"),
    ("/usr/bin/gdbus", "libglib2.0-bin"),
    ("/usr/bin/cc", "gcc"),
    ("/usr/bin/node", "nodejs"),
    ("/usr/bin/npm", "npm"),
)

# Loaded by the init script in this order.  Without the DRBG and what it needs, P-256 key generation fails.
MODULES_AT_BOOT = (
    "virtio_pci", "virtio_rng", "9pnet_virtio", "9p", "hmac", "sha256_generic", "sha512_generic",
    "drbg", "ecb", "cmac", "ecdh_generic", "bluetooth", "hci_uart", "uhid",
)
# Asked for by the kernel through modprobe.
MODULES_ON_DEMAND = ("ccm", "ctr", "seqiv", "algif_skcipher", "algif_hash", "cryptd", "aesni_intel")

APPLETS = (
    "sh mount umount cat ls sleep echo mkdir mkfifo modprobe ps kill dmesg poweroff reboot setsid stty ln grep sed head tail cp rm cut "
    "cttyhack env find wc date timeout tr hexdump chmod"
).split()

TEXT_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nmessagebus:x:100:100::/:/bin/false\n",
    "etc/group": "root:x:0:\nmessagebus:x:100:\nbluetooth:x:101:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
}
DIRECTORIES = (
    "proc sys dev run tmp log root bin sbin etc/bluetooth usr/bin usr/sbin var/lib/bluetooth usr/libexec/bluetooth"
).split()


class ImageError(Exception):
    pass


def missing_packages():
    """Names of Debian packages without which nothing here can run."""
    return sorted({package for path, package in NEEDED if not Path(path).exists()})


def run(*argv, cwd=None):
    done = subprocess.run([str(a) for a in argv], cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise ImageError(f"{' '.join(map(str, argv))}: {done.stderr.strip()}")
    return done.stdout


# The kernel.


def kernel_package():
    """The package that linux-image-amd64 depends on."""
    found = re.search(r"Depends: (linux-image-\S+)", run("apt-cache", "depends", "linux-image-amd64"))
    if not found:
        raise ImageError("apt knows no linux-image-amd64: run apt-get update")
    return found.group(1)


def fetch_kernel(cache):
    """The kernel's .deb: the one in the cache, else downloaded."""
    kept = sorted(cache.glob("linux-image-*.deb"))
    if not kept:
        run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", kernel_package(), cwd=cache)
        kept = sorted(cache.glob("linux-image-*.deb"))
    return kept[-1]


def plain_kernel(packed):
    """The ELF file that a bzImage holds (Documentation/x86/boot.rst: setup_sects, payload_offset, payload_length)."""
    setup = (packed[0x1F1] + 1) * 512
    offset, length = struct.unpack_from("<II", packed, 0x248)
    kernel = lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(packed[setup + offset : setup + offset + length])
    if not kernel.startswith(b"\x7fELF"):
        raise ImageError("the kernel's package holds no kernel that is understood")
    return kernel


def unpack_kernel(cache):
    """(kernel, modules directory), unpacked once.  The kernel too: left to itself it would take half of each boot."""
    deb = fetch_kernel(cache)
    tree = cache / deb.stem
    kernel = tree / "vmlinux"
    if not kernel.exists():
        run("dpkg-deb", "-x", deb, tree)
        (modules,) = (tree / "lib/modules").iterdir()
        run("/sbin/depmod", "-b", tree, modules.name)
        part = kernel.with_suffix(".part")
        part.write_bytes(plain_kernel((tree / "boot" / f"vmlinuz-{modules.name}").read_bytes()))
        os.replace(part, kernel)
    (modules,) = (tree / "lib/modules").iterdir()
    return kernel, modules


def module_name(path):
    return Path(path).name.removesuffix(".ko").replace("-", "_")


def loadable(modules, names):
    """Those names that are not built into this kernel."""
    built_in = {module_name(path) for path in (modules / "modules.builtin").read_text().split()}
    return [name for name in names if name not in built_in]


def module_files(modules):
    """{path: paths it depends on}, relative to the modules directory, of what the two lists need."""
    depends = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        depends[path] = others.split()
    by_name = {module_name(path): path for path in depends}
    chosen = {}
    for name in loadable(modules, MODULES_AT_BOOT + MODULES_ON_DEMAND):
        if name not in by_name:
            raise ImageError(f"{modules.name} has no module {name}")
        path = by_name[name]
        for needed in [*reversed(depends[path]), path]:
            chosen[needed] = depends[needed]
    return chosen


# What goes in.


def libraries(programs):
    found = set()
    for program in programs:
        for path in re.findall(r"(/\S+\.so\S*)", run("ldd", program)):
            found.add(path)
    return sorted(found)


def compiled_att_client():
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "guest_att"
        run("cc", "-std=gnu11", "-O1", "-s", "-o", program, ATT_CLIENT)
        return program.read_bytes()


def contents(modules):
    """{path in the image: (mode, bytes)}; parents come before children when sorted."""
    files = {}

    def add_file(path, data, mode=0o644):
        files[path.lstrip("/")] = (stat.S_IFREG | mode, data)

    def add_link(path, target):
        files[path] = (stat.S_IFLNK | 0o777, target.encode())

    for directory in DIRECTORIES:
        files[directory] = (stat.S_IFDIR | 0o755, b"")
    for path in [*PROGRAMS, *libraries(PROGRAMS)]:
        add_file(path, Path(path).read_bytes(), 0o755)
    for path in DATA_FILES:
        add_file(path, Path(path).read_bytes())
    for path, text in TEXT_FILES.items():
        add_file(path, text.encode())
    add_file("bin/guest_att", compiled_att_client(), 0o755)
    add_file("bin/busybox", Path("/bin/busybox").read_bytes(), 0o755)
    for applet in APPLETS:
        add_link(f"bin/{applet}", "busybox")
    add_link("sbin/modprobe", "/bin/busybox")
    add_file("etc/modules-at-boot", "\n".join([*loadable(modules, MODULES_AT_BOOT), ""]).encode())
    add_file("init", (HERE / "guest-init").read_bytes(), 0o755)

    chosen = module_files(modules)
    base = f"lib/modules/{modules.name}"
    for path in chosen:
        add_file(f"{base}/{path}", (modules / path).read_bytes())
    add_file(f"{base}/modules.dep", "".join(f"{p}: {' '.join(d)}\n" for p, d in chosen.items()).encode())
    names = {module_name(path) for path in chosen}
    aliases = [a for a in (modules / "modules.alias").read_text().splitlines() if a.split()[-1] in names]
    add_file(f"{base}/modules.alias", "\n".join([*aliases, ""]).encode())
    for path in list(files):
        for parent in Path(path).parents:
            if str(parent) != ".":
                files.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))
    return files


# The archive.


def write_cpio(files, out):
    """A newc cpio archive, with the console that the kernel opens for init before anything is mounted."""

    def entry(number, path, mode, data, device=(0, 0)):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        out.write(b"\0" * (-(110 + len(name)) % 4) + data + b"\0" * (-len(data) % 4))

    entry(1, "dev", stat.S_IFDIR | 0o755, b"")
    entry(2, "dev/console", stat.S_IFCHR | 0o600, b"", device=(5, 1))
    for number, path in enumerate(sorted(files), start=3):
        mode, data = files[path]
        entry(number, path, mode, data)
    entry(0, "TRAILER!!!", 0, b"")


def fingerprint(files):
    digest = hashlib.sha256()
    for path in sorted(files):
        mode, data = files[path]
        digest.update(f"{path}\0{mode:o}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:16]


def build(cache):
    """(kernel, initramfs, a line saying what they are), fetched and built as far as needed."""
    cache.mkdir(parents=True, exist_ok=True)
    kernel, modules = unpack_kernel(cache)
    files = contents(modules)
    image = cache / f"initramfs-{fingerprint(files)}.gz"
    if image.exists():
        state = "cached"
    else:
        plain = io.BytesIO()
        write_cpio(files, plain)
        part = image.with_suffix(".part")
        part.write_bytes(gzip.compress(plain.getvalue(), compresslevel=1, mtime=0))
        os.replace(part, image)
        state = "built"
    size = image.stat().st_size / 1e6
    bluez = run("dpkg-query", "-W", "-f", "${Version}", "bluez")
    return kernel, image, f"Linux {modules.name}, BlueZ {bluez}, initramfs {size:.1f} MB ({state})"
