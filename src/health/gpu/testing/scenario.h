#pragma once

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

namespace doclayout::health {

/// What a fake driver library plays: "full", or "hot temperature=97": a name, and values that replace the name's own.
///
/// An environment variable says it: with a '/' it is the path of a file whose text is read at each call, so that a test
/// can change it, else the text itself. Without one: "healthy". For the fakes; thread-safe.
class Scenario {
 public:
  explicit Scenario(const char* variable) {
    if (const char* value = std::getenv(variable)) source_ = value;
  }

  /// Reads it anew. The text's number tells whether it is another one than before: 1, 2, …
  void Refresh() {
    std::string text = source_;
    if (source_.find('/') != std::string::npos) {
      std::ifstream file(source_);
      text.assign(std::istreambuf_iterator<char>(file), {});
    }
    const std::lock_guard lock(mutex_);
    if (number_ > 0 && text == text_) return;
    text_ = text;
    ++number_;
    values_.clear();
    name_ = "healthy";
    std::istringstream words(text);
    words >> name_;
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos) values_[word.substr(0, equals)] = std::stoull(word.substr(equals + 1));
    }
  }

  bool Is(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return name_ == name;
  }

  unsigned long long Value(const std::string& name, unsigned long long otherwise) const {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }

  int number() const {
    const std::lock_guard lock(mutex_);
    return number_;
  }

  /// What every call of a fake does first: it does not come back while the scenario is "hanging".
  void Gate() {
    Refresh();
    while (Is("hanging")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      Refresh();
    }
  }

 private:
  std::string source_;
  mutable std::mutex mutex_;
  std::string text_;
  std::string name_;
  std::map<std::string, unsigned long long> values_;
  int number_ = 0;
};

}  // namespace doclayout::health
