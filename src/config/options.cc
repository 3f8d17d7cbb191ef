#include "config/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <string>

#include "types/parameter_text.h"

namespace doclayout::config {
namespace {

/// The sentence that is wrong with a device's name, or nothing.
std::string IsDevice(const std::string& text) {
  constexpr std::string_view kNumbered = "gpu:";
  const bool numbered = text.starts_with(kNumbered) && text.size() > kNumbered.size() && text.size() < 8 &&
                        text.find_first_not_of("0123456789", kNumbered.size()) == std::string::npos;
  const bool known = text == "auto" || text == "cpu" || text == "gpu" || numbered;
  return known ? "" : fmt::format("'{}' is not auto, cpu, gpu or gpu:N", text);
}

/// "--class-threshold"
std::string FlagOf(const ParameterText& text) {
  std::string flag = fmt::format("--{}", text.name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace

std::string IsANumber(const std::string& text) {
  double number = 0;
  const bool nan = CLI::detail::lexical_cast(text, number) && std::isnan(number);
  return nan ? fmt::format("'{}' is not a number", text) : std::string();
}

CLI::Option* FromEnvironment(CLI::Option* option, const char* variable) {
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  option->description(fmt::format("{} [env {}]", option->get_description(), variable));
  option->group("Options");
  // The name is kept where CLI11 would read it itself, and cleared before it could: there the file would win.
  option->envname(variable);
  return option;
}

CLI::Option* SeveralFromEnvironment(CLI::Option* option, const char* variable) {
  FromEnvironment(option, variable)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return option;
}

std::string IsHttpUrl(const std::string& url) {
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
  const std::size_t host = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : std::string::npos;
  const bool good = host < url.size() && url[host] != '/' && std::all_of(url.begin(), url.end(), is_visible);
  return good ? "" : "it is not a URL of http:// or https://";
}

void AddFamily(CLI::App& app, std::string& family) {
  FromEnvironment(app.add_option("--family", family, "family of the model where its file leaves it open")
                      ->check(CLI::IsMember({"picodet", "pp-doclayout", "pp-doclayoutv2", "pp-doclayoutv3"})),
                  "MODEL_FAMILY");
}

void AddInference(CLI::App& app, InferenceConfig& config) {
  FromEnvironment(app.add_option("--model-path", config.model_path,
                                 "ONNX file, folder with one, or a name of 'model list'; the embedded model if not "
                                 "given"),
                  "MODEL_PATH");
  AddFamily(app, config.family);
  FromEnvironment(app.add_option("--runtime", config.runtime, "what infers")
                      ->check(CLI::IsMember({"auto", "openvino", "onnxruntime"}))
                      ->capture_default_str(),
                  "RUNTIME");
  FromEnvironment(
      app.add_option("--onnxruntime-path", config.onnxruntime_path, "libonnxruntime.so or the folder that it is in"),
      "ONNXRUNTIME_PATH");
  FromEnvironment(
      app.add_option("--device", config.device, "auto, cpu, gpu or gpu:N")->check(IsDevice)->capture_default_str(),
      "DEVICE");
  FromEnvironment(app.add_option("--cache-dir", config.cache_dir,
                                 "folder that keeps compiled models for the next start; none if not given"),
                  "CACHE_DIR");
  FromEnvironment(app.add_option("--precision", config.precision, "arithmetic of the inference")
                      ->check(CLI::IsMember({"f32", "bf16", "auto"}))
                      ->capture_default_str(),
                  "PRECISION");
  FromEnvironment(app.add_option("--streams", config.streams, "pages inferred at once; 0: the runtime's best")
                      ->check(CLI::Range(0, 1024)),
                  "STREAMS");
  FromEnvironment(
      app.add_option("--threads", config.threads, "threads that infer; 0: all processors")->check(CLI::Range(0, 4096)),
      "THREADS");
}

void AddDocument(CLI::App& app, DocumentConfig& config) {
  FromEnvironment(app.add_option("--max-pixels", config.max_pixels, "largest page, width times height")
                      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 31))
                      ->capture_default_str(),
                  "MAX_PIXELS");
  FromEnvironment(app.add_option("--max-pages", config.max_pages, "most pages of one document")
                      ->check(CLI::Range(1, 1'000'000))
                      ->capture_default_str(),
                  "MAX_PAGES");
  FromEnvironment(
      app.add_option("--max-document-pixels", config.max_document_pixels, "most pixels of all pages of one document")
          ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
          ->capture_default_str(),
      "MAX_DOCUMENT_PIXELS");
  FromEnvironment(app.add_option_function<std::string>(
                         "--decode",
                         [&config](const std::string& text) {
                           if (const auto mode = ParseDecodeMode(text)) config.decode = *mode;
                         },
                         "whether a JPEG may be decoded to fewer pixels than it has, which is faster: exact or fast")
                      ->check(CLI::IsMember({"exact", "fast"}))
                      ->default_str("exact"),
                  "DECODE");
}

void AddParameters(CLI::App& app, AnalyzeParameters& parameters) {
  for (const ParameterText& text : ParameterTexts()) {
    const std::string flag = FlagOf(text);
    const auto set = [&parameters, &text](const std::string& value) {
      if (!text.read(value, parameters)) {
        throw CLI::ValidationError(FlagOf(text), fmt::format("'{}' is not {}", value, text.allowed));
      }
    };
    CLI::Option* option = nullptr;
    if (text.is_switch()) {
      option = app.add_flag_function(
          fmt::format("{},!--no-{}", flag, flag.substr(2)),
          [set](std::int64_t count) { set(count > 0 ? "true" : "false"); }, std::string(text.help));
    } else {
      option = app.add_option_function<std::string>(flag, set, fmt::format("{}: {}", text.help, text.allowed));
    }
    option->group("Regions (the model's own if not given)");
  }
}

}  // namespace doclayout::config
