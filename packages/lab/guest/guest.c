/*
 * The workload of a lab guest: what a live migration must not disturb, and the means to notice when it did.
 *
 * Five threads, each with one duty:
 *   echo    answers every byte on TCP port 7 (RFC 862), many connections in one poll loop;
 *   echo of datagrams  sends every datagram on UDP port 7 back, and counts those on UDP port 9 (RFC 863);
 *   status  answers one JSON line per connection on TCP port 7000; the request "verify" first reads the disk back, and a
 *           request for traffic (traffic.h) is answered by a thread of its own with what was sent and came back;
 *   writer  appends numbered, checksummed 512-byte records to /dev/vda, each on stable storage before it is counted;
 *   patrol  (patrol.h) walks the working set of a buffer of memory: checks that each page holds what the last round put
 *           there, then rewrites it; the request "load BUFFER_MIB WORKING_SET_MIB MIB_PER_S" exchanges all three.
 *
 * Options come from the kernel command line: lab.buffer (MiB, all of it the working set), lab.rate (MiB/s), lab.records
 * (per second).
 *
 * `guest traffic REQUEST...` makes the same traffic from a lab's client, prints the answer and ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "traffic.h"

enum {
  ECHO_PORT = 7,
  DISCARD_PORT = 9,
  STATUS_PORT = 7000,
  MAX_CONNECTIONS = 256,
  MAX_TRAFFIC_THREADS = 4,
  ECHO_BUFFER = 64 * 1024,
  PAGE = 4096,
  PAGE_WORDS = PAGE / sizeof(uint64_t),
  RECORD = 512,
  RECORDS_PER_READ = 2048,
  REQUEST_WAIT_MS = 300,
  SCAN_POLL_MS = 10,
};

static const char DISK[] = "/dev/vda";

static struct {
  _Atomic uint64_t records_written, write_errors, disk_verify_errors;
  _Atomic uint64_t pages_checked, memory_errors, pages_per_second;
  _Atomic uint64_t datagrams_echoed, datagrams_discarded;
  _Atomic bool disk_full, disk_scanned;
  _Atomic uint64_t buffer_mib, working_set_mib;
} status;

static struct {
  unsigned long buffer_mib, rate_mibps, records_per_second;
} options = {.buffer_mib = 32, .rate_mibps = 8, .records_per_second = 20};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(int64_t duration_ms) {
  if (duration_ms <= 0) return;
  struct timespec pause = {.tv_sec = duration_ms / 1000, .tv_nsec = (duration_ms % 1000) * 1000000};
  nanosleep(&pause, NULL);
}

static void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("LAB-GUEST: ");
  vprintf(format, arguments);
  printf("\n");
  fflush(stdout);
  va_end(arguments);
}

static void read_options(void) {
  char line[4096] = {0};
  int file = open("/proc/cmdline", O_RDONLY);
  if (file < 0 || read(file, line, sizeof line - 1) < 0) say("cannot read the kernel command line");
  if (file >= 0) close(file);
  for (char *rest = line, *word; (word = strsep(&rest, " \n")) != NULL;) {
    sscanf(word, "lab.buffer=%lu", &options.buffer_mib);
    sscanf(word, "lab.rate=%lu", &options.rate_mibps);
    sscanf(word, "lab.records=%lu", &options.records_per_second);
  }
}

/* ---- disk: one record is one sector ------------------------------------------------------------------------- */

struct record {
  char magic[8];
  uint64_t number;     /* 1, 2, 3 …; record n lies in sector n - 1 */
  uint64_t uptime_ms;
  uint8_t filler[RECORD - 28];
  uint32_t checksum;   /* CRC-32 (IEEE 802.3) of everything before it */
} __attribute__((packed));
_Static_assert(sizeof(struct record) == RECORD, "a record fills a sector");

static const char MAGIC[8] = "TLREC01";

static uint32_t crc_table[256];

static void build_crc_table(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
    crc_table[i] = value;
  }
}

static uint32_t crc32(const void *data, size_t length) {
  const uint8_t *bytes = data;
  uint32_t crc = ~0u;
  for (size_t i = 0; i < length; i++) crc = crc >> 8 ^ crc_table[(crc ^ bytes[i]) & 0xff];
  return ~crc;
}

static void fill_record(struct record *record, uint64_t number) {
  memcpy(record->magic, MAGIC, sizeof MAGIC);
  record->number = number;
  record->uptime_ms = (uint64_t)now_ms();
  for (size_t i = 0; i < sizeof record->filler; i++) record->filler[i] = (uint8_t)(number * 31 + i);
  record->checksum = crc32(record, RECORD - sizeof record->checksum);
}

static bool record_is_valid(const struct record *record, uint64_t number) {
  return memcmp(record->magic, MAGIC, sizeof MAGIC) == 0 && record->number == number &&
         record->checksum == crc32(record, RECORD - sizeof record->checksum);
}

static void *aligned(size_t size) {
  void *memory = NULL;
  if (posix_memalign(&memory, PAGE, size) != 0) abort();
  return memory;
}

/*
 * Reads sectors from the first on and calls each valid or invalid; stops after `limit` records, or, without a limit,
 * at the first read that holds no valid record at all. Returns the highest valid number; counts the others.
 */
static uint64_t scan_records(int disk, uint64_t limit, uint64_t *invalid) {
  struct record *records = aligned(RECORDS_PER_READ * RECORD);
  uint64_t last = 0, number = 1;
  while (limit == 0 || number <= limit) {
    ssize_t got = pread(disk, records, RECORDS_PER_READ * RECORD, (off_t)(number - 1) * RECORD);
    if (got < RECORD) {
      if (got < 0 && limit != 0) *invalid += limit - number + 1;
      break;
    }
    bool any = false;
    for (ssize_t i = 0; i < got / RECORD && (limit == 0 || number <= limit); i++, number++) {
      if (record_is_valid(&records[i], number)) {
        any = true;
        last = number;
      } else {
        (*invalid)++;
      }
    }
    if (limit == 0 && !any) break;
  }
  free(records);
  return last;
}

static uint64_t verify_disk(void) {
  uint64_t written = atomic_load(&status.records_written), invalid = 0;
  int disk = open(DISK, O_RDONLY | O_DIRECT);
  if (disk < 0) return 1;
  scan_records(disk, written, &invalid);
  close(disk);
  return invalid;
}

static void *writer(void *unused) {
  (void)unused;
  int disk = open(DISK, O_RDWR | O_DIRECT);
  uint64_t size = 0, ignored = 0;
  if (disk < 0 || ioctl(disk, BLKGETSIZE64, &size) < 0) {
    say("no disk: %s", strerror(errno));
    atomic_fetch_add(&status.write_errors, 1);
    atomic_store(&status.disk_scanned, true);
    return NULL;
  }
  uint64_t last = scan_records(disk, 0, &ignored);
  atomic_store(&status.records_written, last);
  atomic_store(&status.disk_scanned, true);
  say("disk of %llu MiB, resuming after record %llu", (unsigned long long)(size >> 20), (unsigned long long)last);

  struct record *record = aligned(RECORD);
  int64_t due = now_ms();
  while (options.records_per_second > 0) {
    if ((last + 1) * RECORD > size) {
      say("the disk is full after record %llu", (unsigned long long)last);
      atomic_store(&status.disk_full, true);
      return NULL;
    }
    fill_record(record, last + 1);
    if (pwrite(disk, record, RECORD, (off_t)last * RECORD) == RECORD && fdatasync(disk) == 0) {
      last++;
      atomic_store(&status.records_written, last);
    } else {
      say("record %llu was not written: %s", (unsigned long long)last + 1, strerror(errno));
      atomic_fetch_add(&status.write_errors, 1);
    }
    /* After a long pause the rate starts anew instead of catching up in a burst. */
    due += 1000 / (int64_t)options.records_per_second;
    if (due < now_ms() - 1000) due = now_ms();
    sleep_ms(due - now_ms());
  }
  return NULL;
}

#include "patrol.h"

/* ---- network ------------------------------------------------------------------------------------------------ */

static int listen_on(uint16_t port) {
  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (socket_ < 0) return -1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(socket_, (struct sockaddr *)&address, sizeof address) < 0 || listen(socket_, 64) < 0) {
    say("cannot listen on port %u: %s", port, strerror(errno));
    close(socket_);
    return -1;
  }
  return socket_;
}

/* Sends everything or gives the connection up; false when the peer is gone or does not read for ten seconds. */
static bool send_all(int connection, const char *data, size_t length) {
  while (length > 0) {
    ssize_t sent = send(connection, data, length, MSG_NOSIGNAL);
    if (sent > 0) {
      data += sent;
      length -= (size_t)sent;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

static void set_up_connection(int connection) {
  int yes = 1;
  struct timeval patience = {.tv_sec = 10};
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static void *echo(void *unused) {
  (void)unused;
  static struct pollfd watched[MAX_CONNECTIONS + 1];
  static char buffer[ECHO_BUFFER];
  nfds_t count = 1;
  watched[0] = (struct pollfd){.fd = listen_on(ECHO_PORT), .events = POLLIN};
  if (watched[0].fd < 0) return NULL;
  for (;;) {
    /* A full table stops accepting: the kernel's queue holds the callers until a place is free. */
    watched[0].events = count <= MAX_CONNECTIONS ? POLLIN : 0;
    if (poll(watched, count, -1) < 0) continue;
    for (nfds_t i = count - 1; i >= 1; i--) {
      if (watched[i].revents == 0) continue;
      ssize_t got = recv(watched[i].fd, buffer, sizeof buffer, 0);
      if (got > 0 && send_all(watched[i].fd, buffer, (size_t)got)) continue;
      close(watched[i].fd);
      watched[i] = watched[--count];
    }
    if (watched[0].revents & POLLIN) {
      int connection = accept4(watched[0].fd, NULL, NULL, SOCK_CLOEXEC);
      if (connection < 0) continue;
      set_up_connection(connection);
      watched[count++] = (struct pollfd){.fd = connection, .events = POLLIN};
    }
  }
}

static int bind_datagrams(uint16_t port) {
  int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (socket_ >= 0 && bind(socket_, (struct sockaddr *)&address, sizeof address) == 0) return socket_;
  say("cannot bind UDP port %u: %s", port, strerror(errno));
  if (socket_ >= 0) close(socket_);
  return -1;
}

static void *datagrams(void *unused) {
  (void)unused;
  static char buffer[ECHO_BUFFER];
  struct pollfd watched[] = {{.fd = bind_datagrams(ECHO_PORT), .events = POLLIN},
                             {.fd = bind_datagrams(DISCARD_PORT), .events = POLLIN}};
  if (watched[0].fd < 0 && watched[1].fd < 0) return NULL;
  for (;;) {
    if (poll(watched, 2, -1) < 0) continue;
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    if (watched[0].revents & POLLIN) {
      ssize_t got = recvfrom(watched[0].fd, buffer, sizeof buffer, MSG_DONTWAIT, (struct sockaddr *)&peer, &length);
      /* Two echo services must not answer each other for ever. */
      if (got >= 0 && ntohs(peer.sin_port) == ECHO_PORT) continue;
      if (got >= 0 && sendto(watched[0].fd, buffer, (size_t)got, 0, (struct sockaddr *)&peer, length) == got)
        atomic_fetch_add(&status.datagrams_echoed, 1);
    }
    if (watched[1].revents & POLLIN && recv(watched[1].fd, buffer, sizeof buffer, MSG_DONTWAIT) >= 0)
      atomic_fetch_add(&status.datagrams_discarded, 1);
  }
}

/* Reads what the caller sends within the short time a request may take; empty when it says nothing. */
static void read_request(int connection, char *request, size_t size) {
  size_t length = 0;
  int64_t deadline = now_ms() + REQUEST_WAIT_MS;
  while (length < size - 1) {
    int64_t left = deadline - now_ms();
    struct pollfd watched = {.fd = connection, .events = POLLIN};
    if (left <= 0 || poll(&watched, 1, (int)left) <= 0) break;
    ssize_t got = recv(connection, request + length, size - 1 - length, 0);
    if (got <= 0) break;
    length += (size_t)got;
    if (memchr(request, '\n', length) != NULL) break;
  }
  request[length] = 0;
}

static void say_status(int connection) {
  char line[640];
  int length = snprintf(
      line, sizeof line,
      "{\"uptimeMs\":%lld,\"recordsWritten\":%llu,\"writeErrors\":%llu,\"diskVerifyErrors\":%llu,"
      "\"memoryPagesChecked\":%llu,\"memoryErrors\":%llu,\"dirtyRateMiBps\":%.2f,\"diskFull\":%s,"
      "\"datagramsEchoed\":%llu,\"datagramsDiscarded\":%llu,\"bufferMiB\":%llu,\"workingSetMiB\":%llu}\n",
      (long long)now_ms(), (unsigned long long)atomic_load(&status.records_written),
      (unsigned long long)atomic_load(&status.write_errors),
      (unsigned long long)atomic_load(&status.disk_verify_errors),
      (unsigned long long)atomic_load(&status.pages_checked), (unsigned long long)atomic_load(&status.memory_errors),
      (double)atomic_load(&status.pages_per_second) * PAGE / (1024 * 1024),
      atomic_load(&status.disk_full) ? "true" : "false", (unsigned long long)atomic_load(&status.datagrams_echoed),
      (unsigned long long)atomic_load(&status.datagrams_discarded),
      (unsigned long long)atomic_load(&status.buffer_mib), (unsigned long long)atomic_load(&status.working_set_mib));
  send_all(connection, line, (size_t)length);
}

static void finish(int connection) {
  shutdown(connection, SHUT_WR);
  close(connection);
}

struct traffic_job {
  int connection;
  char request[TRAFFIC_REQUEST];
};

static _Atomic int traffic_threads;

static void *make_traffic(void *argument) {
  struct traffic_job *job = argument;
  char line[TRAFFIC_ANSWER];
  traffic_answer(job->request, line, sizeof line);
  send_all(job->connection, line, strlen(line));
  finish(job->connection);
  free(job);
  atomic_fetch_sub(&traffic_threads, 1);
  return NULL;
}

/* False when there is no place for it: the caller is told so at once and does not wait in a queue. */
static bool start_traffic(int connection, const char *request) {
  struct traffic_job *job = NULL;
  pthread_t thread;
  if (atomic_fetch_add(&traffic_threads, 1) < MAX_TRAFFIC_THREADS && (job = malloc(sizeof *job)) != NULL) {
    job->connection = connection;
    snprintf(job->request, sizeof job->request, "%s", request);
    if (pthread_create(&thread, NULL, make_traffic, job) == 0) {
      pthread_detach(thread);
      return true;
    }
  }
  free(job);
  atomic_fetch_sub(&traffic_threads, 1);
  return false;
}

/* `load BUFFER_MIB WORKING_SET_MIB MIB_PER_S`; says what is wrong with it, or nothing. */
static const char *change_load(const char *request) {
  struct load load;
  unsigned long long buffer, working_set, rate;
  if (sscanf(request, "load %llu %llu %llu", &buffer, &working_set, &rate) != 3)
    return "usage: load BUFFER_MIB WORKING_SET_MIB MIB_PER_S";
  if (buffer > MAX_BUFFER_MIB || working_set > buffer || rate > MAX_RATE_MIBPS)
    return "a working set lies within its buffer, at most 65536 MiB, and is written at most at 65536 MiB/s";
  load = (struct load){buffer, working_set, rate};
  return ask_patrol(&load) ? NULL : "the patrol does not answer";
}

static void refuse(int connection, const char *why) {
  char line[256];
  int length = snprintf(line, sizeof line, "{\"error\":\"%s\"}\n", why);
  send_all(connection, line, (size_t)length);
}

static void answer(int connection) {
  char request[TRAFFIC_REQUEST];
  const char *problem = NULL;
  read_request(connection, request, sizeof request);
  if (is_traffic(request)) {
    if (start_traffic(connection, request)) return;
    problem = "too much traffic is being made already";
  } else if (strncmp(request, "load ", 5) == 0) {
    problem = change_load(request);
  } else if (strncmp(request, "verify", 6) == 0) {
    atomic_fetch_add(&status.disk_verify_errors, verify_disk());
    if (!ask_patrol(NULL)) problem = "the patrol does not answer";
  }
  if (problem != NULL) refuse(connection, problem);
  else say_status(connection);
  finish(connection);
}

static void *report(void *unused) {
  (void)unused;
  /* Until then "no records" would mean "not counted yet", and a verification would take a blank disk for a broken one. */
  while (!atomic_load(&status.disk_scanned)) sleep_ms(SCAN_POLL_MS);
  int listener = listen_on(STATUS_PORT);
  if (listener < 0) return NULL;
  say("up");
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    set_up_connection(connection);
    answer(connection);
  }
}

int main(int count, char **words) {
  pthread_t thread;
  if (count > 1) return print_traffic(count - 2, words + 2);
  read_options();
  build_crc_table();
  if (pthread_create(&thread, NULL, echo, NULL) != 0 || pthread_create(&thread, NULL, writer, NULL) != 0 ||
      pthread_create(&thread, NULL, patrol, NULL) != 0 || pthread_create(&thread, NULL, datagrams, NULL) != 0)
    say("cannot start a thread: %s", strerror(errno));
  report(NULL);
  /* This is process 1: returning would be a kernel panic. */
  for (;;) pause();
}
