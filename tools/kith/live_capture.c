/* What goes wrong with a capture is said when it happens, and only then. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "command.h"
#include "live_capture.h"

bool live_capture_open(live_capture *capture, const char *path)
{
    *capture = (live_capture){.path = path, .file = capture_open_file(path)};
    return capture->file != NULL;
}

static void end_file(const live_capture *capture)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0)
        return;
    (void)dup2(null, fileno(capture->file));
    (void)close(null);
}

void live_capture_flush(live_capture *capture)
{
    if (capture->file == NULL || capture->broken)
        return;
    errno = 0;
    if (fflush(capture->file) == 0 && ferror(capture->file) == 0)
        return;
    capture->broken = true;
    (void)complain("the capture %s ends here: %s", capture->path,
                   errno != 0 ? strerror(errno) : "not everything could be written");
    end_file(capture);
}

bool live_capture_close(live_capture *capture)
{
    FILE *file = capture->file;

    live_capture_flush(capture);
    capture->file = NULL;
    if (!capture->broken)
        return capture_close_file(file, capture->path);
    (void)fclose(file);
    return false;
}
