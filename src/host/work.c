/* Work items: what sessions need computed, and the ECDH key pair that is made ahead while nothing waits for it.
 * Each session has one job at most; job 0 is the key pair, job 1 the store's. */
#include <string.h>

#include "base/wipe.h"
#include "crypto/p256.h"
#include "host/internal.h"

enum { MAX_KEY_TRIES = 8 };

enum { JOB_OWN_KEY, JOB_STORE, JOB_SESSIONS };

static size_t job_count(const kith_host *h)
{
    return (size_t)h->config.limits.pairings + JOB_SESSIONS;
}

static host_job *job_of(kith_host *h, const smp_session *s)
{
    return &h->jobs[JOB_SESSIONS + (size_t)(s - h->sessions)];
}

static void set_job(kith_host *h, host_job *job, kith_work_kind kind, smp_session *s)
{
    job->state = JOB_WAITING;
    job->kind = kind;
    job->session = s;
    job->token = ++h->last_token;
}

void work_want(kith_host *h, smp_session *s, kith_work_kind kind)
{
    set_job(h, job_of(h, s), kind, s);
}

void work_want_store(kith_host *h)
{
    if (h->jobs[JOB_STORE].state == JOB_NONE)
        set_job(h, &h->jobs[JOB_STORE], KITH_WORK_STORE, NULL);
}

void work_forget(kith_host *h, const smp_session *s)
{
    keys_drop_of(h, s);
    memset(job_of(h, s), 0, sizeof(host_job));
}

/* A restart does not wait for work that may never come back. */
void work_forget_own_key(kith_host *h)
{
    memset(&h->jobs[JOB_OWN_KEY], 0, sizeof h->jobs[JOB_OWN_KEY]);
    keys_drop_making(h);
    keys_drop_of(h, KEYS_AHEAD(h));
    wipe(h->own_private, sizeof h->own_private);
    h->own_key = OWN_KEY_NONE;
    h->own_key_tries = 0;
}

/* By the next pairing, or by one under way: that has its own settings, whatever the host's are by now. */
static bool is_own_key_wanted(const kith_host *h)
{
    const kith_method *const *methods = h->config.security.methods;
    bool wanted = methods != NULL && methods[0] != NULL;

    for (unsigned i = 0; i < h->config.limits.pairings; i++)
        wanted |= smp_is_open(&h->sessions[i]);
    return wanted;
}

void work_prepare_own_key(kith_host *h)
{
    if (h->own_key != OWN_KEY_NONE || !is_own_key_wanted(h))
        return;
    h->own_key_status = KITH_OK;
    if (h->config.crypto->p256_generate == NULL) /* else the port draws */
        h->own_key_status = crypto_draw_private_key(h->config.crypto, &h->random, h->own_private);
    if (h->own_key_status != KITH_OK)
        return;
    h->own_key = OWN_KEY_MAKING;
    set_job(h, &h->jobs[JOB_OWN_KEY], KITH_WORK_KEY_PAIR, NULL);
}

static void fill(const kith_host *h, const host_job *job, kith_work *out)
{
    const smp_session *s = job->session;

    memset(out, 0, sizeof *out);
    out->kind = job->kind;
    out->token = job->token;
    out->crypto = h->config.crypto;
    out->result = KITH_ERR_STATE; /* until it is run */
    if (job->kind == KITH_WORK_STORE) {
        storing_fill(h, &out->store);
        return;
    }
    if (s == NULL) {
        memcpy(out->private_key, h->own_private, sizeof out->private_key);
        return;
    }
    crypto_turn_public_key(out->peer_key, s->peer_public);
    if (job->kind == KITH_WORK_SHARED_SECRET)
        memcpy(out->private_key, s->secrets.private_key, sizeof out->private_key);
}

/* Sessions first: somebody waits for them.  The key made ahead last. */
bool kith_host_take_work(kith_host *h, kith_work *out)
{
    for (size_t i = job_count(h); i-- > 0;) {
        host_job *job = &h->jobs[i];

        if (job->state != JOB_WAITING || (job->kind == KITH_WORK_KEY_PAIR && !keys_have_room(h)))
            continue;
        job->state = JOB_RUNNING;
        fill(h, job, out);
        keys_on_take(h, out);
        return true;
    }
    return false;
}

static void finish_own_key(kith_host *h, const kith_work *work)
{
    h->own_key = OWN_KEY_NONE;
    h->own_key_status = work->result;
    if (work->result == KITH_OK) {
        memcpy(h->own_private, work->private_key, sizeof h->own_private);
        memcpy(h->own_public, work->public_key, sizeof h->own_public);
        h->own_key = OWN_KEY_READY;
        h->own_key_tries = 0;
    } else {
        wipe(h->own_private, sizeof h->own_private);
        if (work->result == KITH_ERR_VALUE && ++h->own_key_tries < MAX_KEY_TRIES)
            work_prepare_own_key(h);
    }
}

static void finish_session(kith_host *h, smp_session *s, const kith_work *work)
{
    smp_input in = {.kind = work->kind == KITH_WORK_CHECK_KEY ? SMP_IN_KEY_CHECKED : SMP_IN_DHKEY, .work = work};

    security_input(h, s, &in);
}

static host_job *find_running(kith_host *h, uint32_t token)
{
    for (size_t i = 0; i < job_count(h); i++)
        if (h->jobs[i].state == JOB_RUNNING && h->jobs[i].token == token)
            return &h->jobs[i];
    return NULL;
}

static kith_status take_back(kith_host *h, kith_work *work)
{
    host_job *job = find_running(h, work->token);
    smp_session *s;

    if (job == NULL || job->kind != work->kind) {
        keys_on_return(h, work);
        wipe(work, sizeof *work);
        return KITH_ERR_NOT_FOUND;
    }
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    keys_on_return(h, work);
    s = job->session;
    memset(job, 0, sizeof *job);
    if (work->kind == KITH_WORK_STORE)
        storing_finish(h, &work->store, work->result);
    else if (s == NULL)
        finish_own_key(h, work);
    else
        finish_session(h, s, work);
    wipe(work, sizeof *work);
    host_finish(h);
    return KITH_OK;
}

kith_status kith_host_finish_work(kith_host *h, kith_work *work, uint64_t now_us)
{
    kith_status status;

    host_begin(h, now_us);
    status = take_back(h, work);
    host_end(h);
    return status;
}
