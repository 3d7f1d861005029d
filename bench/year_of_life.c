/* Wear in a year: bench/year.h on flashes of four sectors of 4 KiB and others. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/year.h"

enum { DAYS = 365 };

static void show(const char *name, const year *y)
{
    year_wear wear = year_wear_of(y);

    printf("%-30s %8u %8u %8u %7u %8.1f %6.2f %9.0f %9.0f\n", name, (unsigned)wear.least, (unsigned)wear.most,
           (unsigned)(wear.most - wear.least), (unsigned)y->cuts, (double)y->flash.counts.programmed / 1024,
           (double)y->flash.counts.programmed / (double)y->wanted, 10000.0 / wear.most, 100000.0 / wear.most);
}

static void run(const char *name, const sim_flash_geometry *geometry)
{
    static year y;

    if (!year_begin(&y, geometry, true, 1))
        exit(1);
    while (y.days < DAYS && y.trouble == NULL)
        year_day(&y);
    show(name, &y);
    if (y.trouble == NULL && geometry->sector_count == 4 && geometry->program_size == 4)
        for (uint32_t i = 0; i < geometry->sector_count; i++)
            printf("  sector %u %40u erases\n", (unsigned)i, (unsigned)y.flash.wear[i]);
    year_end(&y);
    if (y.trouble != NULL) {
        fprintf(stderr, "%s, day %u: %s\n", name, (unsigned)y.days, y.trouble);
        exit(1);
    }
}

int main(void)
{
    printf("A year: %d bonds, %d reconnects and %d changes of state a day\n", YEAR_BONDS, YEAR_RECONNECTS,
           YEAR_STATE_CHANGES);
    printf("%-30s %8s %8s %8s %7s %8s %6s %9s %9s\n", "", "erases", "", "", "power", "KiB pro-", "per", "years to",
           "years to");
    printf("%-30s %8s %8s %8s %7s %8s %6s %9s %9s\n", "", "least", "most", "spread", "cuts", "grammed", "octet",
           "10,000", "100,000");
    run("4 x 4096, units of 4, clears", &(sim_flash_geometry){4096, 4, 4, 0xff, true});
    run("4 x 4096, units of 8", &(sim_flash_geometry){4096, 4, 8, 0xff, false});
    run("4 x 4096, units of 32", &(sim_flash_geometry){4096, 4, 32, 0xff, false});
    run("2 x 4096, units of 4, clears", &(sim_flash_geometry){4096, 2, 4, 0xff, true});
    run("16 x 1024, units of 1, clears", &(sim_flash_geometry){1024, 16, 1, 0x00, true});
    return 0;
}
