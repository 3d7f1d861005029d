#!/usr/bin/env bash
# Why: embedded users choose by bytes.  Compiles the core for a Cortex-M4 as they would (-Os) and prints the
# size of each folder, and the RAM of hosts (KITH_HOST_SIZE); the last line says the sizes in one.
set -euo pipefail
cd "$(dirname "$0")/.."

out=build/cortex-m4
rm -rf "$out"
flags=(-mcpu=cortex-m4 -mthumb -Os -std=c11 -ffunction-sections -fdata-sections -Wall -Wextra -Wpedantic -Wconversion
    -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror)

printf '%-12s %8s %8s %8s\n' folder text data bss
line=
total=0
for folder in src/*/; do
    name=$(basename "$folder")
    objects=()
    for source in "$folder"*.c; do
        [ -e "$source" ] || continue
        object=$out/$name/$(basename "$source" .c).o
        mkdir -p "$out/$name"
        arm-none-eabi-gcc "${flags[@]}" -Iinclude -Isrc -c "$source" -o "$object"
        objects+=("$object")
    done
    [ ${#objects[@]} -gt 0 ] || continue
    read -r text data bss < <(arm-none-eabi-size -t "${objects[@]}" | awk 'END { print $1, $2, $3 }')
    printf '%-12s %8d %8d %8d\n' "$name" "$text" "$data" "$bss"
    line+="$name $text, "
    total=$((total + text + data))
done
# An array as long as the figure: nothing has to run.
ram_of() {
    echo "#include \"kith/host.h\"
        unsigned char memory[$1];" | arm-none-eabi-gcc "${flags[@]}" -Iinclude -xc -c - -o "$out/ram.o"
    printf '%-52s %6d\n' "$2" "0x$(arm-none-eabi-nm -S "$out/ram.o" | awk '$4 == "memory" { print $2 }')"
}
ram_of 'KITH_HOST_SIZE(1, 1, 1, 65, 8)' 'RAM: host with 1 link, 1 pairing, 1 bond, MTU 65'
ram_of 'KITH_HOST_SIZE(1, 1, 8, 65, 8)' '  the same with 8 bonds'
ram_of 'KITH_SIZE_BOND' '  of that each bond'
echo "bytes, -Os: ${line}total $total"
