// The other side of engine_seam.h, for tests of the whole program: an engine that fails as a file says.
//
// The environment variable FAULTS_FILE names the file, which is read before every inference; no file, no fault. Its
// words are a fault, how many inferences it is for (from when the file came or changed), and the fault's number:
//
//   fail N        the runtime returns an error
//   hang N        the inference never ends
//   slow N MS     it takes so many milliseconds longer
//   leak N MB     it takes so much memory and never gives it back
//
// FAULTS_REPLACE=1 makes the engine say that a new session may take a hung one's place; FAULTS_LOAD=hang makes it never
// be loaded.

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine_seam.h"

namespace doclayout {
namespace {

struct Fault {
  std::string kind;
  double number = 0;
};

/// What the file says, and how often that was taken. Thread-safe.
class Faults {
 public:
  explicit Faults(std::string path) : path_(std::move(path)) {}

  /// Leaks, in a way that no tool takes for one.
  void Keep(std::string bytes) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(bytes));
  }

  Fault Next() {
    const std::lock_guard lock(mutex_);
    std::ifstream file(path_);
    std::string text;
    if (!std::getline(file, text)) text.clear();
    if (text != text_) {
      text_ = text;
      taken_ = 0;
    }
    Fault fault;
    int count = 0;
    const int read = Read(text, fault, count);
    if (read < 2 || taken_ >= count) return {};
    ++taken_;
    return fault;
  }

 private:
  static int Read(const std::string& text, Fault& fault, int& count) {
    std::array<char, 16> kind{};
    const int read = std::sscanf(text.c_str(), "%15s %d %lf", kind.data(), &count, &fault.number);
    fault.kind = kind.data();
    return read;
  }

  const std::string path_;
  std::mutex mutex_;
  std::string text_;
  int taken_ = 0;
  std::vector<std::string> kept_;
};

void HangForever() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  for (;;) never.wait(lock);
}

class FaultySession final : public runtime::Session {
 public:
  FaultySession(std::unique_ptr<runtime::Session> session, std::shared_ptr<Faults> faults)
      : session_(std::move(session)), faults_(std::move(faults)) {}

  int batch() const override { return session_->batch(); }
  std::span<std::uint8_t> image(int index) override { return session_->image(index); }
  void SetScaleFactor(int index, float y, float x) override { session_->SetScaleFactor(index, y, x); }

  Result<std::span<const TensorView>> Run() override {
    const Fault fault = faults_->Next();
    if (fault.kind == "fail") return Fail(ErrorCode::kInternal, "inference failed: the test said so");
    if (fault.kind == "hang") HangForever();
    if (fault.kind == "slow") {
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(fault.number));
    }
    if (fault.kind == "leak") {
      const auto bytes = static_cast<std::size_t>(fault.number * (1 << 20));
      faults_->Keep(std::string(bytes, 'x'));
    }
    return session_->Run();
  }

 private:
  const std::unique_ptr<runtime::Session> session_;
  const std::shared_ptr<Faults> faults_;
};

class FaultyEngine final : public runtime::Engine {
 public:
  FaultyEngine(std::unique_ptr<runtime::Engine> engine, std::shared_ptr<Faults> faults)
      : engine_(std::move(engine)), faults_(std::move(faults)) {}

  int slots() const override { return engine_->slots(); }
  std::string runtime() const override { return engine_->runtime() + " with faults"; }
  std::string note() const override { return engine_->note(); }
  bool replaces_hung_sessions() const override { return std::getenv("FAULTS_REPLACE") != nullptr; }
  Duration batch_delay() const override { return engine_->batch_delay(); }

  Result<std::unique_ptr<runtime::Session>> CreateSession() override {
    if (std::getenv("FAULTS_LOAD") != nullptr) HangForever();
    auto session = engine_->CreateSession();
    if (!session) return Fail(session.error());
    return std::make_unique<FaultySession>(std::move(*session), faults_);
  }

 private:
  const std::unique_ptr<runtime::Engine> engine_;
  const std::shared_ptr<Faults> faults_;
};

}  // namespace

std::unique_ptr<runtime::Engine> ThroughSeam(std::unique_ptr<runtime::Engine> engine) {
  const char* path = std::getenv("FAULTS_FILE");
  if (path == nullptr) return engine;
  return std::make_unique<FaultyEngine>(std::move(engine), std::make_shared<Faults>(path));
}

}  // namespace doclayout
