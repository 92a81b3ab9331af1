/*
 * Counted traffic: a bounded request is carried out and answered with what was sent and what came back.
 *
 *   ping ADDRESS COUNT INTERVAL_MS
 *   udp ADDRESS PORT COUNT BYTES INTERVAL_MS
 *
 * One packet leaves each INTERVAL_MS whether the one before was answered or not, so that a silence of the network shows as
 * packets lost and not as a slower pace; after the last one replies are awaited for a second. A reply counts once, and
 * further ones to the same packet as duplicates.
 * The answer is one line of JSON: {"sent":N,"received":N,"duplicates":N} or {"error":"…"}.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  TRAFFIC_REQUEST = 128,
  TRAFFIC_ANSWER = 160,
  TRAFFIC_COUNT_MAX = 60000, /* below 2^16, the range of a sequence number */
  TRAFFIC_TIME_MAX_MS = 120000,
  TRAFFIC_BYTES_MIN = 8, /* a number to know the packet by */
  TRAFFIC_BYTES_MAX = 1472, /* fills an Ethernet frame: 1500 less the headers of IPv4 and UDP */
  TRAFFIC_LAST_REPLY_MS = 1000,
  PING_BYTES = 56, /* as ping(8) */
};

struct traffic {
  bool is_ping;
  struct sockaddr_in target;
  unsigned count, bytes, interval_ms;
  int socket_;
  uint16_t identifier;
  unsigned sent, received, duplicates;
  bool *seen;
};

static int64_t traffic_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_traffic(const char *request) {
  return strncmp(request, "ping ", 5) == 0 || strncmp(request, "udp ", 4) == 0;
}

/* Returns what is wrong with the request, or NULL. */
static const char *read_traffic(const char *request, struct traffic *traffic) {
  char address[32] = "";
  unsigned port = 0;
  *traffic = (struct traffic){.bytes = PING_BYTES, .socket_ = -1};
  traffic->is_ping =
      sscanf(request, "ping %31s %u %u", address, &traffic->count, &traffic->interval_ms) == 3;
  if (!traffic->is_ping && sscanf(request, "udp %31s %u %u %u %u", address, &port, &traffic->count, &traffic->bytes,
                                  &traffic->interval_ms) != 5)
    return "say: ping ADDRESS COUNT INTERVAL_MS, or: udp ADDRESS PORT COUNT BYTES INTERVAL_MS";
  traffic->target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, address, &traffic->target.sin_addr) != 1) return "that is no IPv4 address";
  if (!traffic->is_ping && (port < 1 || port > 65535)) return "the port must be 1 to 65535";
  if (traffic->count < 1 || traffic->count > TRAFFIC_COUNT_MAX) return "the count must be 1 to 60000";
  if (traffic->bytes < TRAFFIC_BYTES_MIN || traffic->bytes > TRAFFIC_BYTES_MAX) return "the bytes must be 8 to 1472";
  if (traffic->interval_ms < 1 || (uint64_t)traffic->interval_ms * traffic->count > TRAFFIC_TIME_MAX_MS)
    return "the interval must be 1 ms or more, and the whole at most two minutes";
  return NULL;
}

/* RFC 1071. */
static uint16_t internet_checksum(const uint8_t *bytes, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i < length; i++) sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

static void send_packet(struct traffic *traffic) {
  uint8_t packet[sizeof(struct icmphdr) + TRAFFIC_BYTES_MAX] = {0};
  uint16_t sequence = (uint16_t)traffic->sent;
  size_t length = traffic->bytes;
  if (traffic->is_ping) {
    struct icmphdr *header = (struct icmphdr *)packet;
    length += sizeof *header;
    header->type = ICMP_ECHO;
    header->un.echo.id = htons(traffic->identifier);
    header->un.echo.sequence = htons(sequence);
    header->checksum = internet_checksum(packet, length);
  } else {
    memcpy(packet, &traffic->identifier, sizeof traffic->identifier);
    memcpy(packet + sizeof traffic->identifier, &sequence, sizeof sequence);
  }
  /* No route, no ARP answer, a port that refuses: the packet counts as sent, and its reply will be missing. */
  sendto(traffic->socket_, packet, length, 0, (struct sockaddr *)&traffic->target, sizeof traffic->target);
  traffic->sent++;
}

static void count_reply(struct traffic *traffic) {
  uint8_t packet[2048];
  struct sockaddr_in from;
  socklen_t from_length = sizeof from;
  ssize_t got = recvfrom(traffic->socket_, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);
  if (got < 0 || from.sin_addr.s_addr != traffic->target.sin_addr.s_addr) return;
  uint16_t identifier, sequence;
  if (traffic->is_ping) {
    /* A raw socket is given the IP header, too. */
    size_t header_length = (size_t)(packet[0] & 0xf) * 4;
    if ((size_t)got < header_length + sizeof(struct icmphdr)) return;
    struct icmphdr header;
    memcpy(&header, packet + header_length, sizeof header);
    if (header.type != ICMP_ECHOREPLY) return;
    identifier = ntohs(header.un.echo.id);
    sequence = ntohs(header.un.echo.sequence);
  } else {
    if ((size_t)got < sizeof identifier + sizeof sequence) return;
    memcpy(&identifier, packet, sizeof identifier);
    memcpy(&sequence, packet + sizeof identifier, sizeof sequence);
  }
  if (identifier != traffic->identifier || sequence >= traffic->sent) return;
  if (traffic->seen[sequence]) {
    traffic->duplicates++;
    return;
  }
  traffic->seen[sequence] = true;
  traffic->received++;
}

static void collect_until(struct traffic *traffic, int64_t deadline_ms) {
  struct pollfd watched = {.fd = traffic->socket_, .events = POLLIN};
  while (traffic->received < traffic->sent || traffic->sent < traffic->count) {
    int64_t left_ms = deadline_ms - traffic_now_ms();
    if (left_ms <= 0) return;
    if (poll(&watched, 1, (int)left_ms) > 0) count_reply(traffic);
  }
}

static const char *run_traffic(struct traffic *traffic) {
  static _Atomic uint16_t last_identifier;
  traffic->identifier = (uint16_t)(getpid() + 256 * ++last_identifier);
  traffic->socket_ = traffic->is_ping ? socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)
                                      : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  traffic->seen = calloc(traffic->count, sizeof *traffic->seen);
  if (traffic->socket_ < 0 || traffic->seen == NULL) return strerror(errno);
  int64_t started = traffic_now_ms();
  for (unsigned i = 0; i < traffic->count; i++) {
    send_packet(traffic);
    if (i + 1 < traffic->count) collect_until(traffic, started + (int64_t)(i + 1) * traffic->interval_ms);
  }
  collect_until(traffic, traffic_now_ms() + TRAFFIC_LAST_REPLY_MS);
  return NULL;
}

static void traffic_answer(const char *request, char *line, size_t size) {
  struct traffic traffic;
  const char *wrong = read_traffic(request, &traffic);
  if (wrong == NULL) wrong = run_traffic(&traffic);
  if (wrong != NULL) snprintf(line, size, "{\"error\":\"%s\"}\n", wrong);
  else snprintf(line, size, "{\"sent\":%u,\"received\":%u,\"duplicates\":%u}\n", traffic.sent, traffic.received,
                traffic.duplicates);
  if (traffic.socket_ >= 0) close(traffic.socket_);
  free(traffic.seen);
}

/* The same for a client of the lab: the words of the request as arguments of a command. */
static int print_traffic(int count, char **words) {
  char request[TRAFFIC_REQUEST] = "", line[TRAFFIC_ANSWER];
  for (int i = 0; i < count; i++) {
    strncat(request, words[i], sizeof request - strlen(request) - 1);
    strncat(request, " ", sizeof request - strlen(request) - 1);
  }
  traffic_answer(request, line, sizeof line);
  fputs(line, stdout);
  return strncmp(line, "{\"error", 7) == 0 ? 2 : 0;
}
#endif
