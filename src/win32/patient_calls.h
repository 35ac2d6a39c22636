#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace catcher {

// How long one call may take, at least: the first that does not return in time has the longer wait, since a busy
// machine is then the likelier reason.
struct Patience {
  std::chrono::steady_clock::time_point deadline;  // for all of them together
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds next{200};
};

// The results of call(0), call(1), … call(count - 1), where the OS may never return from one: reading the registers of
// a thread waits until that thread is out of the system, and one that is stuck in there (it waits for a lock that died
// with its owner) never is. They are made in their order on a thread of their own. A call that does not return in time
// has no result; the thread that makes it is left behind with its copy of `call`, makes no other, and another thread
// goes on with the next. So `call` must hold nothing that ends before it, but handles, which it only uses.
template <typename Result>
std::vector<std::optional<Result>> call_patiently(std::size_t count,
                                                  std::function<std::optional<Result>(std::size_t)> call,
                                                  Patience patience) {
  struct Work {
    std::mutex mutex;
    std::condition_variable ended;
    std::vector<std::optional<Result>> results;
    bool abandoned = false;
  };
  const auto perform = [call = std::move(call), count](const std::shared_ptr<Work>& work, std::size_t from) {
    for (std::size_t i = from; i < count; ++i) {
      {
        const std::lock_guard lock(work->mutex);
        if (work->abandoned) {
          return;
        }
      }
      std::optional<Result> result = call(i);
      const std::lock_guard lock(work->mutex);
      if (work->abandoned) {
        return;
      }
      work->results.push_back(std::move(result));
    }
    work->ended.notify_one();
  };
  std::vector<std::optional<Result>> results;
  auto wait = patience.first;
  while (results.size() < count && std::chrono::steady_clock::now() < patience.deadline) {
    const auto work = std::make_shared<Work>();
    const std::size_t from = results.size();
    std::thread thread;
    try {
      thread = std::thread([perform, work, from] { perform(work, from); });
    } catch (const std::system_error&) {
      break;  // no thread to be had: what was not read stays unread
    }
    std::unique_lock lock(work->mutex);
    const auto all = [&] { return from + work->results.size() == count; };
    std::size_t seen = 0;
    do {
      seen = work->results.size();
      work->ended.wait_until(lock, std::min(patience.deadline, std::chrono::steady_clock::now() + wait), all);
    } while (!all() && work->results.size() > seen);
    work->abandoned = true;
    std::move(work->results.begin(), work->results.end(), std::back_inserter(results));
    lock.unlock();
    if (results.size() == count) {
      thread.join();  // it is at its end; the process's own end must not meet it there
    } else {
      thread.detach();
      results.emplace_back();  // the one that did not return
      wait = patience.next;
    }
  }
  results.resize(count);
  return results;
}

}  // namespace catcher
