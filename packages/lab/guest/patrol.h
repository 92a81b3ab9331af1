/*
 * The memory patrol: a buffer of pages, of which the first ones, the working set, are checked and rewritten in turn at a
 * fixed rate. The rest was written once, and is read again when a verification is asked for.
 *
 * The expected generation of a page follows from the number of the round and never stands in the page alone: a page
 * whose last write was lost in a migration is a valid page of an older round, and only this comparison finds it.
 *
 * Included by guest.c behind what it counts and says with.
 */
enum {
  PATROL_SLICE_MS = 20,
  PATROL_ANSWER_MS = 60000,
  PATROL_POLL_MS = 5,
  MAX_BUFFER_MIB = 65536,
  MAX_RATE_MIBPS = 65536,
};

struct page {
  uint64_t index, generation, checksum, body[PAGE_WORDS - 3];
};
_Static_assert(sizeof(struct page) == PAGE, "a patrol page is a memory page");

/* Weyl sequence with SplitMix64's increment (Steele, Lea, Flood 2014): every word differs from round to round. */
static const uint64_t GOLDEN = 0x9e3779b97f4a7c15u;

static uint64_t page_checksum(const struct page *page) {
  uint64_t sum = page->index * GOLDEN ^ page->generation;
  for (size_t i = 0; i < PAGE_WORDS - 3; i++) sum = (sum << 5 | sum >> 59) + page->body[i];
  return sum;
}

static void rewrite_page(struct page *page, uint64_t index, uint64_t generation) {
  uint64_t word = (index << 32 ^ generation) * GOLDEN;
  page->index = index;
  page->generation = generation;
  for (size_t i = 0; i < PAGE_WORDS - 3; i++) page->body[i] = word += GOLDEN;
  page->checksum = page_checksum(page);
}

static bool page_is_intact(const struct page *page, uint64_t index, uint64_t generation) {
  return page->index == index && page->generation == generation && page->checksum == page_checksum(page);
}

struct load {
  uint64_t buffer_mib, working_set_mib, rate_mibps;
};

/*
 * What the patrol is asked for. Whoever asks holds the lock until it is answered: `asked` counts the requests, `answered`
 * follows it.
 */
static struct {
  pthread_mutex_t lock;
  struct load load;
  bool is_verification;
  _Atomic uint64_t asked, answered;
} patrol_request = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct buffer {
  struct page *pages;
  uint64_t count, working_set; /* in pages */
  uint64_t next, round;        /* of the walk through the working set */
};

static bool fill_buffer(struct buffer *buffer, const struct load *load) {
  if (buffer->pages != NULL) munmap(buffer->pages, buffer->count * PAGE);
  *buffer = (struct buffer){.count = load->buffer_mib * 1024 * 1024 / PAGE,
                            .working_set = load->working_set_mib * 1024 * 1024 / PAGE};
  atomic_store(&status.buffer_mib, 0);
  atomic_store(&status.working_set_mib, 0);
  if (buffer->count == 0) return true;
  void *memory = mmap(NULL, buffer->count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    say("no memory for a patrol of %llu MiB", (unsigned long long)load->buffer_mib);
    atomic_fetch_add(&status.memory_errors, 1);
    buffer->count = buffer->working_set = 0;
    return false;
  }
  buffer->pages = memory;
  for (uint64_t i = 0; i < buffer->count; i++) rewrite_page(&buffer->pages[i], i, 0);
  atomic_store(&status.buffer_mib, load->buffer_mib);
  atomic_store(&status.working_set_mib, load->working_set_mib);
  say("patrolling %llu of %llu MiB at %llu MiB/s", (unsigned long long)load->working_set_mib,
      (unsigned long long)load->buffer_mib, (unsigned long long)load->rate_mibps);
  return true;
}

static void check_page(const struct buffer *buffer, uint64_t index, uint64_t round) {
  const struct page *page = &buffer->pages[index];
  if (!page_is_intact(page, index, round)) {
    say("memory error in page %llu of round %llu: it holds index %llu, round %llu", (unsigned long long)index,
        (unsigned long long)round, (unsigned long long)page->index, (unsigned long long)page->generation);
    atomic_fetch_add(&status.memory_errors, 1);
  }
  atomic_fetch_add(&status.pages_checked, 1);
}

/* Nobody has written to these since they were filled. */
static void check_resting_pages(const struct buffer *buffer) {
  for (uint64_t i = buffer->working_set; i < buffer->count; i++) check_page(buffer, i, 0);
}

static void patrol_one_page(struct buffer *buffer) {
  check_page(buffer, buffer->next, buffer->round);
  rewrite_page(&buffer->pages[buffer->next], buffer->next, buffer->round + 1);
  if (++buffer->next == buffer->working_set) {
    buffer->next = 0;
    buffer->round++;
  }
}

static void *patrol(void *unused) {
  (void)unused;
  struct buffer buffer = {0};
  struct load load = {options.buffer_mib, options.buffer_mib, options.rate_mibps};
  fill_buffer(&buffer, &load);
  uint64_t done = 0, since_mark = 0;
  int64_t started = now_ms(), mark = started;
  for (;;) {
    if (atomic_load(&patrol_request.asked) != atomic_load(&patrol_request.answered)) {
      if (patrol_request.is_verification) {
        check_resting_pages(&buffer);
      } else {
        load = patrol_request.load;
        fill_buffer(&buffer, &load);
      }
      started = now_ms();
      done = 0;
      atomic_fetch_add(&patrol_request.answered, 1);
    }
    uint64_t pages_per_second = buffer.working_set == 0 ? 0 : load.rate_mibps * 1024 * 1024 / PAGE;
    uint64_t due = (uint64_t)(now_ms() - started) * pages_per_second / 1000;
    /* After a pause (a switch-over, a stopped host) the rate starts anew instead of catching up in a burst. */
    if (due > done + pages_per_second) {
      started = now_ms();
      done = due = 0;
    }
    for (; done < due; done++, since_mark++) patrol_one_page(&buffer);
    int64_t elapsed = now_ms() - mark;
    if (elapsed >= 1000) {
      atomic_store(&status.pages_per_second, since_mark * 1000 / (uint64_t)elapsed);
      mark += elapsed;
      since_mark = 0;
    }
    sleep_ms(PATROL_SLICE_MS);
  }
  return NULL;
}

/* Waits until the patrol has done it; without a load it is a verification. False when that takes too long. */
static bool ask_patrol(const struct load *load) {
  pthread_mutex_lock(&patrol_request.lock);
  patrol_request.is_verification = load == NULL;
  if (load != NULL) patrol_request.load = *load;
  uint64_t number = atomic_fetch_add(&patrol_request.asked, 1) + 1;
  int64_t deadline = now_ms() + PATROL_ANSWER_MS;
  while (atomic_load(&patrol_request.answered) != number && now_ms() < deadline) sleep_ms(PATROL_POLL_MS);
  bool is_done = atomic_load(&patrol_request.answered) == number;
  pthread_mutex_unlock(&patrol_request.lock);
  return is_done;
}
