/* The default socket.  /tmp is everybody's: a folder there that somebody else made could hold somebody else's radio. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "air_path.h"
#include "command.h"

static bool put(char *out, size_t cap, const char *folder, const char *file)
{
    if ((size_t)snprintf(out, cap, "%s/%s", folder, file) < cap)
        return true;
    (void)complain("%s/%s is too long for a socket; name another one", folder, file);
    return false;
}

static bool is_ours_alone(const char *folder)
{
    struct stat about;

    if (lstat(folder, &about) != 0) {
        (void)complain("%s: %s", folder, strerror(errno));
        return false;
    }
    if (S_ISDIR(about.st_mode) && about.st_uid == getuid() && (about.st_mode & 077) == 0)
        return true;
    (void)complain("%s is not a folder of this user alone; name another socket", folder);
    return false;
}

bool air_path(char *out, size_t cap)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char folder[64];

    if (runtime != NULL && runtime[0] != '\0')
        return put(out, cap, runtime, "kith.sock");
    (void)snprintf(folder, sizeof folder, "/tmp/kith-%lu", (unsigned long)getuid());
    if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST) {
        (void)complain("%s cannot be made: %s", folder, strerror(errno));
        return false;
    }
    return is_ours_alone(folder) && put(out, cap, folder, "air.sock");
}
