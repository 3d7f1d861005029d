/* Assigned Numbers 7: those that are met often, by the names they go by.  In the order of their numbers. */
#include <stddef.h>
#include <stdlib.h>

#include "company_name.h"

typedef struct {
    uint16_t number;
    const char *name;
} known;

static const known table[] = {
    {0x0002, "Intel"},          {0x0006, "Microsoft"}, {0x000d, "Texas Instruments"},
    {0x000f, "Broadcom"},       {0x001d, "Qualcomm"},  {0x0030, "STMicroelectronics"},
    {0x004c, "Apple"},          {0x0059, "Nordic"},    {0x006b, "Polar"},
    {0x0075, "Samsung"},        {0x0087, "Garmin"},    {0x009e, "Bose"},
    {0x00c4, "LG Electronics"}, {0x00e0, "Google"},    {0x012d, "Sony"},
    {0x027d, "Huawei"},         {0x02e5, "Espressif"}, {0x02ff, "Silicon Laboratories"},
    {0x038f, "Xiaomi"},         {0x0499, "Ruuvi"},     {0x05f1, "Linux Foundation"},
};

static int compare(const void *key, const void *element)
{
    uint16_t wanted = *(const uint16_t *)key, number = ((const known *)element)->number;

    return (wanted > number) - (wanted < number);
}

const char *company_name(uint16_t number)
{
    const known *found = bsearch(&number, table, sizeof table / sizeof table[0], sizeof table[0], compare);

    return found == NULL ? NULL : found->name;
}
