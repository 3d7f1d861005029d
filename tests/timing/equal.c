/* One comparison of secrets, for a machine that counts its instructions: scripts/check_constant_time.sh.
 *
 *     equal N     two values of 16 octets that differ in octet N, from 0; 16: in none */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/equal.h"

int main(int argc, char **argv)
{
    uint8_t a[17] = {0}, b[17] = {0};
    int at = argc == 2 ? atoi(argv[1]) : 16;

    if (at < 0 || at > 16)
        return 2;
    b[at] = 0x80;
    printf("%s\n", equal_ct(a, b, 16) ? "equal" : "different");
    return 0;
}
