// Every task once, on a bounded number of threads, with a bounded queue.
#include "effects/work_queue.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "harness/child.h"
#include "harness/test.h"

namespace aimee::test {

TEST_CASE("every task is worked on exactly once") {
  for (const std::size_t workers : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{16}, std::size_t{100'000}}) {
      CAPTURE(workers);
      CAPTURE(limit);
      std::vector<std::atomic<int>> times(3000);
      WorkQueue<std::size_t> queue(workers, limit, [&](std::size_t& task, std::size_t) { ++times[task]; });
      for (std::size_t task = 0; task < times.size(); ++task) queue.push(task);
      queue.finish();
      CHECK(std::ranges::all_of(times, [](const auto& count) { return count == 1; }));
    }
  }
}

TEST_CASE("without threads the producer works, at once and in order") {
  std::vector<int> done;
  WorkQueue<int> queue(0, 100, [&](int& task, std::size_t worker) {
    CHECK(worker == 0);
    done.push_back(task);
  });
  for (int task = 0; task < 5; ++task) {
    queue.push(task);
    CHECK(done.size() == static_cast<std::size_t>(task) + 1);
  }
  CHECK((done == std::vector{0, 1, 2, 3, 4}));
}

TEST_CASE("workers are numbered from 1, the producer is 0, and no two threads have one number") {
  constexpr std::size_t workers = 3;
  std::array<std::atomic<int>, workers + 1> busy{};
  std::atomic<int> collisions = 0;
  std::atomic<int> strangers = 0;
  WorkQueue<int> queue(workers, 2, [&](int&, std::size_t worker) {
    if (worker > workers) {
      ++strangers;
      return;
    }
    if (++busy[worker] != 1) ++collisions;
    std::this_thread::yield();
    --busy[worker];
  });
  for (int task = 0; task < 2000; ++task) queue.push(task);
  queue.finish();
  CHECK(collisions == 0);
  CHECK(strangers == 0);
}

TEST_CASE("where the queue is full the producer works itself, and never waits") {
  std::mutex held;
  std::atomic<int> waiting = 0;
  std::vector<int> by_producer;
  WorkQueue<int> queue(2, 3, [&](int& task, std::size_t worker) {
    if (worker == 0) {
      by_producer.push_back(task);
      return;
    }
    ++waiting;
    const std::scoped_lock lock(held);
  });
  held.lock();
  queue.push(0);
  queue.push(1);
  while (waiting != 2) std::this_thread::yield();  // both threads are busy, the queue is empty
  for (int task = 2; task < 7; ++task) queue.push(task);
  CHECK((by_producer == std::vector{5, 6}));  // three are queued
  held.unlock();
  queue.finish();
  CHECK(by_producer.size() >= 2);
}

TEST_CASE("the end of the scope finishes the work") {
  std::atomic<int> done = 0;
  {
    WorkQueue<int> queue(2, 1000, [&](int&, std::size_t) { ++done; });
    for (int task = 0; task < 500; ++task) queue.push(task);
  }
  CHECK(done == 500);
}

TEST_CASE("finishing twice, or without any task, does nothing more") {
  std::atomic<int> done = 0;
  WorkQueue<int> queue(2, 10, [&](int&, std::size_t) { ++done; });
  queue.finish();
  CHECK(done == 0);
  queue.finish();
  WorkQueue<int> idle(3, 10, [](int&, std::size_t) {});
}

TEST_CASE("a task that is pushed after the end is worked on by the producer") {
  int done = 0;
  WorkQueue<int> queue(2, 10, [&](int&, std::size_t worker) {
    CHECK(worker == 0);
    ++done;
  });
  queue.finish();
  queue.push(1);
  CHECK(done == 1);
}

TEST_CASE("tasks are moved, and let go as soon as they are done") {
  std::atomic<int> alive = 0;
  struct Counted {
    std::atomic<int>& count;
    explicit Counted(std::atomic<int>& counter) : count(counter) { ++count; }
    ~Counted() { --count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
  };
  WorkQueue<std::unique_ptr<Counted>> queue(2, 10, [](std::unique_ptr<Counted>& task, std::size_t) { CHECK(task); });
  for (int i = 0; i < 100; ++i) queue.push(std::make_unique<Counted>(alive));
  queue.finish();
  CHECK(alive == 0);
}

TEST_CASE("where the system refuses threads the producer does what is left") {
  const Ended ended = run_in_child([] {
    const rlimit none{0, 0};
    // Root is subject to no limit.
    if ((geteuid() == 0 && setuid(65534) != 0) || setrlimit(RLIMIT_NPROC, &none) != 0) return 1;
    int done = 0;
    WorkQueue<int> queue(3, 10, [&](int&, std::size_t worker) { done += worker == 0 ? 1 : 0; });
    for (int task = 0; task < 5; ++task) queue.push(task);
    queue.finish();
    return done == 5 ? 0 : 2;
  });
  CHECK_MESSAGE(ended.exit == 0, ended.err);
}

}  // namespace aimee::test
