/* Where phones and computers forget a device.  Names of menus as their makers have them in English. */
#include "kith/verdict.h"

const char *kith_remedy_text(kith_why why, kith_system system)
{
    static const char *const steps[] = {
        [KITH_SYSTEM_IOS] = "On the iPhone or iPad: Settings, Bluetooth, the i beside this device, Forget This Device; "
                            "then connect again and pair.",
        [KITH_SYSTEM_ANDROID] = "On the Android phone: Settings, Connected devices, the gear beside this device, "
                                "Forget; then pair again.",
        [KITH_SYSTEM_WINDOWS] = "On the Windows computer: Settings, Bluetooth & devices, Devices, the menu of this "
                                "device, Remove device; then add it again.",
        [KITH_SYSTEM_MACOS] = "On the Mac: System Settings, Bluetooth, the i beside this device, Forget This Device; "
                              "then connect again and pair.",
        [KITH_SYSTEM_LINUX] = "On the Linux computer: bluetoothctl remove, with the address of this device; then pair "
                              "again.",
    };
    bool is_lost = why == KITH_WHY_WE_HAVE_NO_KEY || why == KITH_WHY_PEER_SAYS_NO_KEY || why == KITH_WHY_KEYS_DIFFER;

    return is_lost && (unsigned)system < sizeof steps / sizeof steps[0] ? steps[system] : NULL;
}
