/* Assigned Numbers 3.4, 3.7, 3.8: those that are met often.  In the order of their numbers. */
#include <stddef.h>
#include <stdlib.h>

#include "uuid_name.h"

typedef struct {
    unsigned number;
    const char *name;
} known;

static const known table[] = {
    {0x1800, "Generic Access"},
    {0x1801, "Generic Attribute"},
    {0x1802, "Immediate Alert"},
    {0x1803, "Link Loss"},
    {0x1804, "Tx Power"},
    {0x1805, "Current Time"},
    {0x1808, "Glucose"},
    {0x1809, "Health Thermometer"},
    {0x180a, "Device Information"},
    {0x180d, "Heart Rate"},
    {0x180e, "Phone Alert Status"},
    {0x180f, "Battery"},
    {0x1810, "Blood Pressure"},
    {0x1811, "Alert Notification"},
    {0x1812, "Human Interface Device"},
    {0x1813, "Scan Parameters"},
    {0x1814, "Running Speed and Cadence"},
    {0x1815, "Automation IO"},
    {0x1816, "Cycling Speed and Cadence"},
    {0x1818, "Cycling Power"},
    {0x1819, "Location and Navigation"},
    {0x181a, "Environmental Sensing"},
    {0x181b, "Body Composition"},
    {0x181c, "User Data"},
    {0x181d, "Weight Scale"},
    {0x181e, "Bond Management"},
    {0x181f, "Continuous Glucose Monitoring"},
    {0x1822, "Pulse Oximeter"},
    {0x1826, "Fitness Machine"},
    {0x1827, "Mesh Provisioning"},
    {0x1828, "Mesh Proxy"},
    {0x1843, "Audio Input Control"},
    {0x1844, "Volume Control"},
    {0x1846, "Coordinated Set Identification"},
    {0x184e, "Audio Stream Control"},
    {0x1850, "Published Audio Capabilities"},
    {0x2900, "Characteristic Extended Properties"},
    {0x2901, "Characteristic User Description"},
    {0x2902, "Client Characteristic Configuration"},
    {0x2903, "Server Characteristic Configuration"},
    {0x2904, "Characteristic Presentation Format"},
    {0x2905, "Characteristic Aggregate Format"},
    {0x2906, "Valid Range"},
    {0x2907, "External Report Reference"},
    {0x2908, "Report Reference"},
    {0x290b, "Environmental Sensing Configuration"},
    {0x290c, "Environmental Sensing Measurement"},
    {0x2a00, "Device Name"},
    {0x2a01, "Appearance"},
    {0x2a02, "Peripheral Privacy Flag"},
    {0x2a03, "Reconnection Address"},
    {0x2a04, "Peripheral Preferred Connection Parameters"},
    {0x2a05, "Service Changed"},
    {0x2a06, "Alert Level"},
    {0x2a07, "Tx Power Level"},
    {0x2a08, "Date Time"},
    {0x2a0f, "Local Time Information"},
    {0x2a18, "Glucose Measurement"},
    {0x2a19, "Battery Level"},
    {0x2a1c, "Temperature Measurement"},
    {0x2a1d, "Temperature Type"},
    {0x2a1e, "Intermediate Temperature"},
    {0x2a21, "Measurement Interval"},
    {0x2a22, "Boot Keyboard Input Report"},
    {0x2a23, "System ID"},
    {0x2a24, "Model Number String"},
    {0x2a25, "Serial Number String"},
    {0x2a26, "Firmware Revision String"},
    {0x2a27, "Hardware Revision String"},
    {0x2a28, "Software Revision String"},
    {0x2a29, "Manufacturer Name String"},
    {0x2a2a, "IEEE 11073-20601 Regulatory Certification Data List"},
    {0x2a2b, "Current Time"},
    {0x2a32, "Boot Keyboard Output Report"},
    {0x2a33, "Boot Mouse Input Report"},
    {0x2a35, "Blood Pressure Measurement"},
    {0x2a37, "Heart Rate Measurement"},
    {0x2a38, "Body Sensor Location"},
    {0x2a39, "Heart Rate Control Point"},
    {0x2a4a, "HID Information"},
    {0x2a4b, "Report Map"},
    {0x2a4c, "HID Control Point"},
    {0x2a4d, "Report"},
    {0x2a4e, "Protocol Mode"},
    {0x2a50, "PnP ID"},
    {0x2a52, "Record Access Control Point"},
    {0x2a53, "RSC Measurement"},
    {0x2a5b, "CSC Measurement"},
    {0x2a63, "Cycling Power Measurement"},
    {0x2a6d, "Pressure"},
    {0x2a6e, "Temperature"},
    {0x2a6f, "Humidity"},
    {0x2a98, "Weight"},
    {0x2a9d, "Weight Measurement"},
    {0x2aa6, "Central Address Resolution"},
    {0x2ac9, "Resolvable Private Address Only"},
    {0x2b29, "Client Supported Features"},
    {0x2b2a, "Database Hash"},
    {0x2b3a, "Server Supported Features"},
};

static int compare(const void *key, const void *row)
{
    unsigned number = *(const unsigned *)key, there = ((const known *)row)->number;

    return number < there ? -1 : number > there;
}

/* What is written in the long form may be a short one. */
static bool number_of(const kith_uuid *uuid, unsigned *number)
{
    kith_uuid low = {.size = 2};

    if (uuid->size == 2)
        low = *uuid;
    else if (uuid->size == 16)
        low = (kith_uuid){2, {uuid->octets[12], uuid->octets[13]}};
    *number = low.octets[0] | (unsigned)low.octets[1] << 8;
    return uuid->size != 0 && kith_uuid_equal(&low, uuid);
}

const char *uuid_name(const kith_uuid *uuid)
{
    unsigned number;
    const known *row;

    if (!number_of(uuid, &number))
        return NULL;
    row = bsearch(&number, table, sizeof table / sizeof table[0], sizeof table[0], compare);
    return row != NULL ? row->name : NULL;
}
