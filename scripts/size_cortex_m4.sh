#!/usr/bin/env bash
# Why: embedded users choose by bytes.  Compiles the core for a Cortex-M4 as they would (-Os) and prints the
# size of each folder; the last line says the same in one.
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
echo "bytes, -Os: ${line}total $total"
