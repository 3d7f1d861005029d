/* Kith: a Bluetooth LE host for secure links.  One include for a program; start reading at kith/host.h. */
#ifndef KITH_KITH_H
#define KITH_KITH_H

#include "kith/ad.h"
#include "kith/advertising.h"
#include "kith/gap.h"
#include "kith/gatt_client.h"
#include "kith/gatt_server.h"
#include "kith/host.h"
#include "kith/identity.h"
#include "kith/lists.h"
#include "kith/method.h"
#include "kith/oob.h"
#include "kith/peers.h"
#include "kith/privacy.h"
#include "kith/reconnect.h"
#include "kith/scanning.h"
#include "kith/security.h"

#define KITH_VERSION "0.1.0"

#endif
