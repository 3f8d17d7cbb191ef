#include "config/config.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

namespace doclayout::config {
namespace {

constexpr int kUsageError = 2;
constexpr int kDayMs = 24 * 3600 * 1000;

/// An option that an environment variable sets too. The last value given wins: what the environment says is put before
/// the command line.
CLI::Option* FromEnvironment(CLI::Option* option, const char* variable) {
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  option->description(fmt::format("{} [env {}]", option->get_description(), variable));
  option->group("Options");
  // The name is kept where CLI11 would read it itself, and cleared before it could: there the file would win.
  option->envname(variable);
  return option;
}

void AddInference(CLI::App& app, InferenceConfig& config) {
  FromEnvironment(app.add_option("--model-path", config.model_path, "ONNX file; the embedded model if not given"),
                  "MODEL_PATH");
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

void AddDocumentLimits(CLI::App& app, DocumentConfig& config) {
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
}

void AddServe(CLI::App& app, ServeConfig& config) {
  const auto number = [&app](const char* flag, auto& value, const char* description, auto low, auto high,
                             const char* variable) {
    using Number = std::remove_reference_t<decltype(value)>;
    FromEnvironment(app.add_option(flag, value, description)
                        ->check(CLI::Range(static_cast<Number>(low), static_cast<Number>(high)))
                        ->capture_default_str(),
                    variable);
  };
  FromEnvironment(app.add_option("--host", config.host, "address to listen on")->capture_default_str(), "HOST");
  number("--port", config.port, "port of the API; 0: any free one", 0, 65'535, "PORT");
  FromEnvironment(app.add_option("--log-level", config.log_level, "least level that is logged")
                      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
                      ->capture_default_str(),
                  "LOG_LEVEL");
  number("--slots", config.slots, "pages in work at once; 0: as many as streams", 0, 1024, "MAX_CONCURRENT_REQUESTS");
  number("--queue-capacity", config.queue_capacity, "requests that may wait", 1, 1'000'000, "QUEUE_CAPACITY");
  number("--drain-grace-ms", config.drain_grace_ms, "time that the port stays open when stopping, with /ready at 503",
         0, kDayMs, "DRAIN_GRACE_MS");
  number("--drain-timeout-ms", config.drain_timeout_ms, "most time that stopping takes, with the grace", 0, kDayMs,
         "DRAIN_TIMEOUT_MS");
  number("--max-connections", config.max_connections, "open connections", 1, 1'000'000, "MAX_CONNECTIONS");
  number("--max-body-bytes", config.max_body_bytes, "largest request body", 1, std::size_t{1} << 40, "MAX_BODY_BYTES");
  number("--max-body-bytes-in-flight", config.max_body_bytes_in_flight, "bodies of all requests together", 1,
         std::size_t{1} << 40, "MAX_BODY_BYTES_IN_FLIGHT");
  number("--max-header-bytes", config.max_header_bytes, "largest request header", 256, 1 << 20, "MAX_HEADER_BYTES");
  number("--header-timeout-ms", config.header_timeout_ms, "most time from a request's first byte to its last header", 1,
         kDayMs, "HEADER_TIMEOUT_MS");
  number("--body-timeout-ms", config.body_timeout_ms, "most time to send a body", 1, kDayMs, "BODY_TIMEOUT_MS");
  number("--write-timeout-ms", config.write_timeout_ms, "most time to take an answer", 1, kDayMs, "WRITE_TIMEOUT_MS");
  number("--idle-timeout-ms", config.idle_timeout_ms, "most time between two requests of a connection", 1, kDayMs,
         "IDLE_TIMEOUT_MS");
  AddInference(app, config.inference);
  AddDocumentLimits(app, config.document);
}

/// CLI11's own range check lets NaN through.
std::string IsScore(const std::string& text) {
  float value = 0;
  const bool is_number = CLI::detail::lexical_cast(text, value);
  return is_number && value >= 0 && value <= 1 ? "" : fmt::format("'{}' is not a number from 0 to 1", text);
}

void AddAnalyze(CLI::App& app, AnalyzeConfig& config) {
  app.add_option("FILE", config.files, "JPEG, PNG, WebP, TIFF or BMP")->required();
  app.add_option("--format", config.format, "what to write")
      ->check(CLI::IsMember({"json", "png"}))
      ->capture_default_str();
  app.add_option("-o,--output", config.output,
                 "file to write, or an existing folder for one file a document; standard output if not given");
  app.add_flag("--pretty", config.pretty, "break the JSON's lines for people; for one file, or with a folder");
  app.add_option("--threshold", config.threshold,
                 "report regions with a higher score, 0 to 1; the model's own if not given")
      ->check(IsScore);
  app.add_flag_function(
      "--nms,!--no-nms", [&config](std::int64_t count) { config.nms = count > 0; },
      "whether overlapping boxes of one label are suppressed");
  AddInference(app, config.inference);
  AddDocumentLimits(app, config.document);
}

/// What single options cannot see: nothing, or what contradicts what.
std::string Contradiction(const ServeConfig& config) {
  if (config.max_body_bytes_in_flight < config.max_body_bytes) {
    return fmt::format("--max-body-bytes-in-flight is {}, less than one body may have (--max-body-bytes {})",
                       config.max_body_bytes_in_flight, config.max_body_bytes);
  }
  if (config.drain_grace_ms > config.drain_timeout_ms) {
    return fmt::format("--drain-grace-ms is {}, more than stopping may take (--drain-timeout-ms {})",
                       config.drain_grace_ms, config.drain_timeout_ms);
  }
  return "";
}

/// What the environment says, as flags to put between the command's name and the words behind it, so that those come
/// later and win. Takes the variables' names off the options.
std::vector<std::string> FlagsFromEnvironment(CLI::App& command, ReadEnvironment read_environment) {
  std::vector<std::string> flags;
  for (CLI::Option* option : command.get_options()) {
    const std::string variable = option->get_envname();
    if (variable.empty()) continue;
    option->envname("");
    // An empty variable is one that a deployment left blank: as if it were not set.
    if (const auto value = read_environment(variable); value && !value->empty()) {
      flags.push_back(fmt::format("--{}={}", option->get_lnames().front(), *value));
    }
  }
  return flags;
}

ExitNow Mistake(std::string message) {
  return {.exit_code = kUsageError,
          .text = fmt::format("doclayout: {}\nRun 'doclayout --help' or 'doclayout COMMAND --help'.\n", message)};
}

}  // namespace

Command ParseCommand(std::span<const char* const> arguments, ReadEnvironment read_environment,
                     std::string_view version) {
  CLI::App app{"doclayout: finds the regions of document pages and their reading order", "doclayout"};
  app.set_version_flag("--version", std::string(version));
  app.require_subcommand(1);
  ServeConfig serve;
  AnalyzeConfig analyze;
  CLI::App* serve_command = app.add_subcommand("serve", "serve the API over HTTP");
  CLI::App* analyze_command = app.add_subcommand("analyze", "analyse files: regions as JSON, or drawn as PNG");
  AddServe(*serve_command, serve);
  AddAnalyze(*analyze_command, analyze);
  app.set_config("--config", "", "file of options in TOML: a section for each command, [serve], with 'port = 8000'");
  app.allow_config_extras(CLI::config_extras_mode::error);
  for (CLI::App* command : {serve_command, analyze_command}) command->fallthrough();

  const auto behind_name = arguments.subspan(std::min<std::size_t>(1, arguments.size()));
  std::vector<std::string> words(behind_name.begin(), behind_name.end());
  const auto is_command = [&](const std::string& word) {
    return word == serve_command->get_name() || word == analyze_command->get_name();
  };
  if (!words.empty() && !words.front().starts_with('-') && !is_command(words.front())) {
    return Mistake(fmt::format("unknown command '{}'; the commands are serve and analyze", words.front()));
  }
  const auto command_word = std::find_if(words.begin(), words.end(), is_command);
  if (command_word != words.end()) {
    const auto flags = FlagsFromEnvironment(*app.get_subcommand(*command_word), read_environment);
    words.insert(command_word + 1, flags.begin(), flags.end());
  }
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back.
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    return ExitNow{.exit_code = 0, .text = app.help()};
  } catch (const CLI::CallForVersion& answer) {
    return ExitNow{.exit_code = 0, .text = fmt::format("{}\n", answer.what())};
  } catch (const CLI::ConfigError& error) {
    constexpr std::string_view kUnknown = "INI was not able to parse ";
    std::string_view what = error.what();
    if (!what.starts_with(kUnknown)) return Mistake(std::string(what));
    what.remove_prefix(kUnknown.size());
    return Mistake(fmt::format("the file of --config has an option that is not known: {}", what));
  } catch (const CLI::Error& error) {
    return Mistake(error.what());
  }
  if (!serve_command->parsed()) return analyze;
  if (std::string contradiction = Contradiction(serve); !contradiction.empty()) return Mistake(contradiction);
  return serve;
}

}  // namespace doclayout::config
