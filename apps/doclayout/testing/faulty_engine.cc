// The other side of engine_seam.h, for tests of the whole program: an engine that fails as a file says.
//
// The environment variable FAULTS_FILE names the file, which is read before every inference; no file, no fault. Its
// words are a fault, how many inferences it is for (from when the file came or changed), and the fault's number:
//
//   fail N        the runtime returns an error
//   hang N        the inference never ends
//   slow N MS     it takes so many milliseconds longer
//   leak N MB     it takes so much memory and never gives it back
//   nan N         its outputs are no numbers
//   empty N       its outputs are zeros: nothing is found
//   shift N       it sees the page moved by a twentieth to the right and down
//
// How many were taken is in a file beside it, FAULTS_FILE.taken: "1 of hang 1".
//
// FAULTS_GPU=1 makes the engine say that it infers on a GPU; FAULTS_REPLACE=1 makes the engine say that a new session
// may take a hung one's place; FAULTS_LOAD=hang makes it never be loaded, FAULTS_LOAD=SECONDS so much later; the signal
// SIGUSR2 holds up the thread that gets it for ten seconds.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>
#include <sstream>
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
    if (!Read(text, fault, count) || taken_ >= count) return {};
    ++taken_;
    std::ofstream(path_ + ".taken") << taken_ << " of " << text << std::flush;
    return fault;
  }

 private:
  /// `KIND COUNT [NUMBER]`; false for less.
  static bool Read(const std::string& text, Fault& fault, int& count) {
    std::istringstream words(text);
    if (!(words >> fault.kind >> count)) return false;
    if (double number = 0; words >> number) fault.number = number;
    return true;
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

/// Outputs that are no longer what the model gave.
class SpoiledOutputs {
 public:
  std::span<const TensorView> Spoil(std::span<const TensorView> outputs, float value) {
    memory_.clear();
    views_.clear();
    for (const TensorView& output : outputs) {
      views_.push_back(output);
      if (output.type != ElementType::kFloat32) continue;
      memory_.emplace_back(ElementCount(output.shape), value);
      views_.back().data = memory_.back().data();
    }
    return views_;
  }

 private:
  std::deque<std::vector<float>> memory_;
  std::vector<TensorView> views_;
};

/// Moves an image by a twentieth of its size to the right and down, over its own edge.
void Shift(std::span<std::uint8_t> image, int width, int height) {
  const int right = width / 20;
  const int down = height / 20;
  const auto at = [&](int x, int y) { return (static_cast<std::size_t>(y) * width + x) * 3; };
  for (int y = height - 1; y >= 0; --y) {
    for (int x = width - 1; x >= 0; --x) {
      for (int channel = 0; channel < 3; ++channel) {
        image[at(x, y) + channel] = image[at(std::max(x - right, 0), std::max(y - down, 0)) + channel];
      }
    }
  }
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
    // The embedded model's input.
    if (fault.kind == "shift") Shift(session_->image(0), 608, 800);
    auto outputs = session_->Run();
    if (!outputs) return outputs;
    if (fault.kind == "nan") return spoiled_.Spoil(*outputs, std::numeric_limits<float>::quiet_NaN());
    if (fault.kind == "empty") return spoiled_.Spoil(*outputs, 0);
    return outputs;
  }

 private:
  const std::unique_ptr<runtime::Session> session_;
  SpoiledOutputs spoiled_;
  const std::shared_ptr<Faults> faults_;
};

class FaultyEngine final : public runtime::Engine {
 public:
  FaultyEngine(std::unique_ptr<runtime::Engine> engine, std::shared_ptr<Faults> faults)
      : engine_(std::move(engine)), faults_(std::move(faults)) {}

  int slots() const override { return engine_->slots(); }
  std::string runtime() const override { return engine_->runtime() + " with faults"; }
  bool on_gpu() const override { return engine_->on_gpu() || std::getenv("FAULTS_GPU") != nullptr; }
  std::string note() const override { return engine_->note(); }
  bool replaces_hung_sessions() const override { return std::getenv("FAULTS_REPLACE") != nullptr; }
  Duration batch_delay() const override { return engine_->batch_delay(); }

  Result<std::unique_ptr<runtime::Session>> CreateSession() override {
    if (const char* load = std::getenv("FAULTS_LOAD")) {
      if (std::string(load) == "hang") HangForever();
      if (!created_) std::this_thread::sleep_for(std::chrono::duration<double>(std::strtod(load, nullptr)));
      created_ = true;
    }
    auto session = engine_->CreateSession();
    if (!session) return Fail(session.error());
    return std::make_unique<FaultySession>(std::move(*session), faults_);
  }

 private:
  const std::unique_ptr<runtime::Engine> engine_;
  const std::shared_ptr<Faults> faults_;
  bool created_ = false;
};

/// What can hold up any thread, the I/O thread among them.
void HoldUp(int) {
  timespec left{.tv_sec = 10, .tv_nsec = 0};
  while (nanosleep(&left, &left) != 0) {
  }
}

}  // namespace

std::unique_ptr<runtime::Engine> ThroughSeam(std::unique_ptr<runtime::Engine> engine) {
  std::signal(SIGUSR2, HoldUp);
  const char* path = std::getenv("FAULTS_FILE");
  if (path == nullptr) return engine;
  return std::make_unique<FaultyEngine>(std::move(engine), std::make_shared<Faults>(path));
}

}  // namespace doclayout
