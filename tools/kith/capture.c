/* Opens and closes capture files, saying what went wrong. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "command.h"

int capture_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0)
        (void)complain("%s cannot be written: %s", path, strerror(errno));
    return fd;
}

FILE *capture_open_file(const char *path)
{
    int fd = capture_open(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

    if (fd >= 0 && file == NULL) {
        (void)complain("%s cannot be written: %s", path, strerror(errno));
        (void)close(fd);
    }
    return file;
}

bool capture_close_file(FILE *file, const char *path)
{
    bool failed;

    if (file == NULL)
        return true;
    failed = ferror(file) != 0;
    if (fclose(file) == 0 && !failed)
        return true;
    (void)complain("%s is not whole: not everything could be written", path);
    return false;
}
