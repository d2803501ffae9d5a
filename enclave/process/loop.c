#include "enclave/process/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "enclave/process/os.h"

struct source {
    loop_ready *ready; /* NULL: forgotten, its place is free */
    void *context;
};

struct timer {
    uint64_t every_ms;
    uint64_t next_ms;
    loop_due *due;
    void *context;
};

struct loop {
    struct pollfd polls[LOOP_SOURCES_MAX];
    struct source sources[LOOP_SOURCES_MAX]; /* beside polls */
    size_t count;
    struct timer timers[LOOP_TIMERS_MAX];
    size_t timers_count;
    int (*hook)(void *);
    void *hook_context;
    bool stopping;
};

int loop_new(struct loop **ret_loop)
{
    *ret_loop = calloc(1, sizeof **ret_loop);
    return *ret_loop ? 0 : ERR_MEMORY;
}

void loop_free(struct loop *loop)
{
    free(loop);
}

int loop_watch(struct loop *loop, int fd, short events, loop_ready *ready, void *context)
{
    size_t i = 0;
    while (i < loop->count && loop->sources[i].ready)
        i++;
    if (i == LOOP_SOURCES_MAX)
        return ERR_FULL;
    loop->polls[i] = (struct pollfd){fd, events, 0};
    loop->sources[i] = (struct source){ready, context};
    if (i == loop->count)
        loop->count++;
    return 0;
}

static struct pollfd *find(struct loop *loop, int fd)
{
    for (size_t i = 0; i < loop->count; i++)
        if (loop->sources[i].ready && loop->polls[i].fd == fd)
            return &loop->polls[i];
    return NULL;
}

void loop_events(struct loop *loop, int fd, short events)
{
    struct pollfd *p = find(loop, fd);
    if (p)
        p->events = events;
}

void loop_forget(struct loop *loop, int fd)
{
    struct pollfd *p = find(loop, fd);
    if (!p)
        return;
    p->fd = -1;
    p->revents = 0;
    loop->sources[p - loop->polls].ready = NULL;
}

int loop_every(struct loop *loop, uint64_t ms, loop_due *due, void *context)
{
    if (loop->timers_count == LOOP_TIMERS_MAX)
        return ERR_FULL;
    loop->timers[loop->timers_count++] = (struct timer){ms, os_boot_ms() + ms, due, context};
    return 0;
}

void loop_before_wait(struct loop *loop, int (*hook)(void *context), void *context)
{
    loop->hook = hook;
    loop->hook_context = context;
}

static int shorter(int a, int b)
{
    if (a < 0)
        return b;
    return b < 0 || a < b ? a : b;
}

static int until_next_timer(const struct loop *loop)
{
    int wait = -1;
    uint64_t now = loop->timers_count ? os_boot_ms() : 0;
    for (size_t i = 0; i < loop->timers_count; i++) {
        uint64_t next = loop->timers[i].next_ms;
        wait = shorter(wait, next > now ? (int)(next - now) : 0);
    }
    return wait;
}

static void run_timers(struct loop *loop)
{
    uint64_t now = loop->timers_count ? os_boot_ms() : 0;
    for (size_t i = 0; i < loop->timers_count; i++) {
        struct timer *t = &loop->timers[i];
        if (t->next_ms > now)
            continue;
        t->next_ms = now + t->every_ms;
        t->due(t->context);
    }
}

int loop_step(struct loop *loop, int ms)
{
    int wait = shorter(ms, until_next_timer(loop));
    if (loop->hook)
        wait = shorter(wait, loop->hook(loop->hook_context));
    int n = poll(loop->polls, (nfds_t)loop->count, wait);
    if (n < 0 && errno != EINTR)
        return ERR_SYSTEM;
    size_t count = loop->count; /* what is added now waits for the next turn */
    for (size_t i = 0; n > 0 && i < count; i++) {
        short events = loop->polls[i].revents;
        loop->polls[i].revents = 0;
        if (events && loop->sources[i].ready)
            loop->sources[i].ready(loop->sources[i].context, events);
    }
    run_timers(loop);
    return 0;
}

int loop_run(struct loop *loop)
{
    while (!loop->stopping) {
        int r = loop_step(loop, -1);
        if (r)
            return r;
    }
    return 0;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}
