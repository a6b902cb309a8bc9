// A bounded queue of tasks for a fixed set of threads; the producer works too when the queue is full. Where the system
// refuses threads (a limit, no memory) there are fewer, and with none the producer does it all.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace aimee {

template <class Task>
class WorkQueue {
 public:
  // `work(task, worker)` runs on one of `workers` threads (worker 1, 2, …) or, as worker 0, in push().
  WorkQueue(std::size_t workers, std::size_t limit, std::function<void(Task&, std::size_t)> work)
      : limit_(limit), work_(std::move(work)) {
    workers_.reserve(workers);  // a thread is given the address of its own
    for (std::size_t number = 1; number <= workers; ++number) {
      Worker& worker = workers_.emplace_back(this, number);
      // Not std::thread, which can only throw.
      if (pthread_create(&worker.thread, nullptr, begin, &worker) != 0) {
        workers_.pop_back();
        break;
      }
    }
  }
  ~WorkQueue() { finish(); }
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void push(Task task) {
    {
      const std::scoped_lock lock(mutex_);
      if (tasks_.size() < limit_ && !workers_.empty()) {
        tasks_.push_back(std::move(task));
        available_.notify_one();
        return;
      }
    }
    work_(task, 0);
  }

  // Works on what is left and waits for the threads to end.
  void finish() {
    while (work_on_one(0)) {
    }
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    available_.notify_all();
    for (const Worker& worker : workers_) pthread_join(worker.thread, nullptr);
    workers_.clear();
  }

 private:
  struct Worker {
    WorkQueue* queue;
    std::size_t number;
    pthread_t thread{};
  };

  static void* begin(void* of) {
    const auto* worker = static_cast<const Worker*>(of);
    worker->queue->serve(worker->number);
    return nullptr;
  }

  bool work_on_one(std::size_t worker) {
    std::unique_lock lock(mutex_);
    if (tasks_.empty()) return false;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    work_(task, worker);
    return true;
  }

  void serve(std::size_t worker) {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        available_.wait(lock, [this] { return !tasks_.empty() || closed_; });
        if (tasks_.empty()) return;
      }
      work_on_one(worker);
    }
  }

  const std::size_t limit_;
  const std::function<void(Task&, std::size_t)> work_;
  std::mutex mutex_;
  std::condition_variable available_;
  std::deque<Task> tasks_;
  bool closed_ = false;
  std::vector<Worker> workers_;
};

}  // namespace aimee
