/* Database hashes, most significant octet first.  Written by hash.py beside this file. */
#ifndef VECTORS_HASH_H
#define VECTORS_HASH_H

#define HASH_OF_NOTHING       "16ce756326c5062bf74022f845c2b21f"
#define HASH_OF_TEST_SERVICES "ed5b53e15d3f2f0dfc4e115d2288f1d3"
#define HASH_OF_RICH_SERVICE  "9ea9ac0f74a9fcbb8741c80fd6edba7b"

#endif
