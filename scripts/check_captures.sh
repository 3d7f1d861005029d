#!/usr/bin/env bash
# Why: our own captures agreeing with our own decoder proves little, so tshark reads them.  Runs `kith demo`
# and asks for no malformed packet, warning or error in what hosts logged (btsnoop) and in the decrypted capture.
# The capture as on air is only counted: tshark does not decrypt LE, so its ciphertext looks malformed.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$PWD/build/captures
rm -rf "$out"
mkdir -p "$out"
[ -x build/kith ] || {
    echo "build/kith is not there: scripts/build.sh dev"
    exit 1
}
# Wherever it leaves its traces, here or in the temporary folder, it is below $out.
(cd "$out" && TMPDIR=$out ../kith demo >demo.log </dev/null)

packets_of() { # FILE [FILTER]
    tshark -r "$1" ${2:+-Y "$2"} -T fields -e frame.number 2>>"$out/tshark.log" | wc -l
}
wrong='_ws.malformed or _ws.expert.severity >= 6291456' # warnings and errors

# A dissector that finds nothing anywhere proves nothing: of a connection and two ATT read requests, one sound
# and one without half its handle, it must find the second and nothing else.
stamp='\0\0\0\0\0\334\335\263\17\057\200\0'
{
    printf 'btsnoop\0\0\0\0\1\0\0\3\352'
    printf "\0\0\0\26\0\0\0\26\0\0\0\3$stamp"
    printf '\4\76\23\1\0\100\0\0\0\1\2\3\4\5\6\30\0\0\0\310\0\0'
    printf "\0\0\0\14\0\0\0\14\0\0\0\0$stamp"
    printf '\2\100\0\7\0\3\0\4\0\12\3\0'
    printf "\0\0\0\13\0\0\0\13\0\0\0\0$stamp"
    printf '\2\100\0\6\0\2\0\4\0\12\3'
} >"$out/planted"
found=$(tshark -r "$out/planted" -Y "$wrong" -T fields -e frame.number 2>>"$out/tshark.log")
[ "$found" = 3 ] || {
    cat "$out/tshark.log"
    echo "tshark finds '$found' where packet 3 is malformed, so its silence would mean nothing."
    exit 1
}

files=0
failed=0
while read -r capture; do
    name=$(basename "$capture")
    all=$(packets_of "$capture")
    case $name in
    *.btsnoop | *decrypted*)
        bad=$(packets_of "$capture" "$wrong")
        echo "$name: $all packets, $bad malformed"
        ;;
    *)
        bad=0
        echo "$name: $all packets (as on air: only counted)"
        ;;
    esac
    if [ "$all" -eq 0 ] || [ "$bad" -ne 0 ]; then
        tshark -r "$capture" -Y "$wrong" 2>/dev/null | head -n 20
        failed=1
    fi
    files=$((files + 1))
done < <(find "$out" -name '*.btsnoop' -o -name '*.pcap' | sort)

[ $files -ge 2 ] || {
    echo "kith demo left $files captures; at least one btsnoop and one decrypted pcap are expected."
    exit 1
}
[ $failed = 0 ] && echo "tshark finds nothing malformed in $files captures"
