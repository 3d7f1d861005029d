/* Hosts on the virtual radio.  One turn: events first, then packets both ways until nobody has any, then work,
 * then time goes on to whatever is due next.  Nothing here looks into a packet. */
#include <string.h>

#include "kith/port/stage.h"
#include "sim/sim.h"

void kith_stage_init(kith_stage *stage, struct kith_sim *sim)
{
    memset(stage, 0, sizeof *stage);
    stage->sim = sim;
}

kith_status kith_stage_open(kith_stage *stage, uint64_t seed, const kith_crypto_port *crypto)
{
    const kith_sim_config room = {.seed = seed, .crypto = crypto};

    kith_stage_init(stage, NULL);
    return kith_sim_new(&room, &stage->sim);
}

void kith_stage_close(kith_stage *stage)
{
    for (size_t i = 0; i < stage->count; i++)
        kith_stage_remove(stage, i);
    kith_sim_free(stage->sim);
    stage->sim = NULL;
}

kith_status kith_stage_enter(kith_stage *stage, void *memory, size_t size, const kith_config *config, kith_host **out)
{
    const uint8_t address[6] = {(uint8_t)(stage->count + 1)};
    kith_sim_device device;
    kith_status status = kith_host_init(memory, size, config, out);

    if (status == KITH_OK)
        status = kith_sim_add(stage->sim, address, &device);
    if (status == KITH_OK)
        status = kith_stage_add(stage, *out, device);
    return status == KITH_OK ? kith_host_start(*out, kith_stage_now(stage)) : status;
}

kith_status kith_stage_add(kith_stage *stage, kith_host *host, int device)
{
    if (stage->count == KITH_STAGE_HOSTS)
        return KITH_ERR_FULL;
    stage->hosts[stage->count].host = host;
    stage->hosts[stage->count].device = device;
    stage->count++;
    return KITH_OK;
}

void kith_stage_remove(kith_stage *stage, size_t number)
{
    kith_work_discard(&stage->hosts[number].work);
    memset(&stage->hosts[number], 0, sizeof stage->hosts[number]);
}

uint64_t kith_stage_now(const kith_stage *stage)
{
    return kith_sim_now(stage->sim);
}

static bool carry_out_of_host(kith_stage *stage, kith_stage_host *s)
{
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len = kith_host_next_packet(s->host, packet, sizeof packet);

    return len > 0 && kith_sim_send(stage->sim, s->device, packet, len) == KITH_OK;
}

static bool carry_into_host(kith_stage *stage, kith_stage_host *s)
{
    if (s->held_len == 0)
        s->held_len = kith_sim_receive(stage->sim, s->device, s->held, sizeof s->held);
    if (s->held_len == 0 || kith_host_receive(s->host, s->held, s->held_len, kith_sim_now(stage->sim)) == KITH_ERR_FULL)
        return false;
    s->held_len = 0;
    return true;
}

static bool start_work(kith_stage *stage, kith_stage_host *s)
{
    if (s->working || !kith_host_take_work(s->host, &s->work))
        return false;
    s->working = true;
    s->ran = false;
    s->work_due_us = kith_sim_now(stage->sim) + stage->work_us;
    return true;
}

static bool finish_work(kith_stage *stage, kith_stage_host *s)
{
    uint64_t now = kith_sim_now(stage->sim);

    if (!s->working || s->work_due_us > now)
        return false;
    if (!s->ran)
        kith_work_run(&s->work);
    s->ran = true;
    if (kith_host_finish_work(s->host, &s->work, now) == KITH_ERR_FULL)
        return false;
    s->working = false;
    return true;
}

/* One packet, one work item or one timer of one host.  False: all is quiet at this instant. */
static bool move(kith_stage *stage, kith_stage_host *s)
{
    uint64_t now = kith_sim_now(stage->sim);

    if (carry_out_of_host(stage, s) || carry_into_host(stage, s) || finish_work(stage, s) || start_work(stage, s))
        return true;
    return kith_host_deadline(s->host) <= now && kith_host_advance(s->host, now) == KITH_OK;
}

static uint64_t next_due(const kith_stage *stage)
{
    uint64_t due = kith_sim_deadline(stage->sim);

    for (size_t i = 0; i < stage->count; i++) {
        const kith_stage_host *s = &stage->hosts[i];

        if (s->host == NULL)
            continue;
        if (kith_host_deadline(s->host) < due)
            due = kith_host_deadline(s->host);
        if (s->working && s->work_due_us < due)
            due = s->work_due_us;
    }
    return due;
}

static int find_event(kith_stage *stage, kith_event *event)
{
    for (size_t i = 0; i < stage->count; i++)
        if (stage->hosts[i].host != NULL && kith_host_next_event(stage->hosts[i].host, event))
            return (int)i;
    return -1;
}

static bool move_any(kith_stage *stage)
{
    for (size_t i = 0; i < stage->count; i++)
        if (stage->hosts[i].host != NULL && move(stage, &stage->hosts[i]))
            return true;
    return false;
}

/* Hosts are told the time whenever it goes on: what a program calls next counts from now, not from the last packet. */
static void go_on_to(kith_stage *stage, uint64_t to_us)
{
    kith_sim_advance(stage->sim, to_us);
    for (size_t i = 0; i < stage->count; i++)
        if (stage->hosts[i].host != NULL && kith_host_advance(stage->hosts[i].host, to_us) != KITH_OK)
            continue; /* its events must be taken first; the time is told all the same */
}

int kith_stage_next(kith_stage *stage, uint64_t until_us, kith_event *event)
{
    for (;;) {
        int who = find_event(stage, event);
        uint64_t due;

        if (who >= 0)
            return who;
        if (move_any(stage))
            continue;
        due = next_due(stage);
        if (due > until_us) {
            if (kith_sim_now(stage->sim) < until_us)
                go_on_to(stage, until_us);
            return -1;
        }
        go_on_to(stage, due);
    }
}
