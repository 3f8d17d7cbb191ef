#include "config/config.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>

#include "config/options.h"

namespace doclayout::config {
namespace {

constexpr int kUsageError = 2;
constexpr int kMaxPageSide = 1'000'000;

void AddAnalyze(CLI::App& app, AnalyzeConfig& config) {
  app.add_option("FILE", config.files, "JPEG, PNG, WebP, TIFF or BMP")->required();
  app.add_option("--format", config.format, "what to write")
      ->check(CLI::IsMember({"json", "png"}))
      ->capture_default_str();
  app.add_option("-o,--output", config.output,
                 "file to write, or an existing folder for one file a document; standard output if not given");
  app.add_flag("--pretty", config.pretty, "break the JSON's lines for people; for one file, or with a folder");
  AddParameters(app, config.parameters);
  AddInference(app, config.inference);
  AddDocument(app, config.document);
}

void AddPostprocess(CLI::App& app, PostprocessConfig& config) {
  app.add_option("DIR", config.folder, "folder of .npy files, named after the family's outputs")->required();
  app.add_option("--family", config.family, "whose outputs they are")
      ->required()
      ->check(CLI::IsMember(
          {"picodet", "pp-doclayout", "pp-doclayoutv2", "pp-doclayoutv3", "pp-doclayoutv3-transformers"}));
  app.add_option("--width", config.width, "pixels of the page")->required()->check(CLI::Range(1, kMaxPageSide));
  app.add_option("--height", config.height, "pixels of the page")->required()->check(CLI::Range(1, kMaxPageSide));
  app.add_option("--labels", config.labels, "names of the classes, LABEL,…; the family's own if not given")
      ->delimiter(',');
  app.add_flag("--pretty", config.pretty, "break the JSON's lines for people");
  AddParameters(app, config.parameters);
}

void AddQuantize(CLI::App& app, QuantizeConfig& config) {
  app.add_option("MODEL", config.model, "ONNX file, folder with one, or a name of the catalogue")->required();
  AddFamily(app, config.family);
  app.add_option("--pages", config.pages, "folder of images to calibrate with; a fifth is held back to compare with")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("-o,--output", config.output, "ONNX file to write")->required();
  app.add_option("--threshold", config.threshold,
                 "least score of regions that are compared; the model's own if not given")
      ->check(CLI::Range(0.0F, 1.0F));
  app.add_option("--keep-float", config.keep_float, "nodes whose names match this regular expression stay in float32");
  FromEnvironment(app.add_option("--environment", config.environment,
                                 "folder of the Python environment with NNCF; one for this user if not given"),
                  "QUANTIZE_ENVIRONMENT");
  app.add_flag("--install", config.install,
               "make that environment if it is not there: downloads some 200 MB from PyPI");
}

void AddGolden(CLI::App& app, GoldenConfig& config) {
  AddInference(app, config.inference);
  app.add_option("MODEL", config.inference.model_path,
                 "ONNX file, folder with one, or a name of the catalogue; the embedded model if not given");
  app.add_option("--page", config.page, "image of one page; the program's own if not given");
  app.add_option("-o,--output", config.output,
                 "JSON file to write, - for standard output; beside the model if not given");
}

void AddModel(CLI::App& app, ModelConfig& config, QuantizeConfig& quantize, GoldenConfig& golden) {
  app.require_subcommand(1);
  CLI::App* list = app.add_subcommand("list", "models that can be pulled, and those that are there");
  CLI::App* pull = app.add_subcommand("pull", "download a model of the catalogue");
  CLI::App* verify = app.add_subcommand("verify", "compare models that are there with their digests");
  CLI::App* info = app.add_subcommand("info", "what a model is: family, inputs, outputs, labels, digest");
  pull->add_option("NAME", config.names, "a name that 'model list' shows")->required()->expected(1);
  FromEnvironment(pull->add_option("--mirror", config.mirror, "base URL to download from instead of the model's own"),
                  "MODEL_MIRROR");
  pull->add_option("--file", config.file, "take the model from this file instead of the network");
  verify->add_option("NAME", config.names, "names that 'model list' shows; all that are there if not given");
  info->add_option("MODEL", config.names,
                   "ONNX file, folder with one, or a name of the catalogue; the embedded model "
                   "if not given")
      ->expected(0, 1);
  CLI::App* to_int8 = app.add_subcommand("quantize", "make an INT8 model, calibrated on pages of yours");
  AddQuantize(*to_int8, quantize);
  CLI::App* record = app.add_subcommand("golden", "record what a model finds on a golden page, for deep health");
  AddGolden(*record, golden);
  AddFamily(*info, config.family);
  for (CLI::App* action : {list, verify, info}) action->add_flag("--json", config.json, "as JSON");
  for (CLI::App* action : {list, pull, verify, info, to_int8, record}) {
    action->callback([&config, action] { config.action = action->get_name(); });
  }
}

/// Which flag of those on the command line is from which variable.
using Variables = std::map<std::string, std::string>;

bool IsFlag(const std::string& word, const std::string& flag) {
  return word == flag || word.starts_with(flag + '=');
}

/// What the environment says, as flags to put between the command's name and the words behind it, so that those come
/// later and win. Takes the variables' names off the options.
std::vector<std::string> FlagsFromEnvironment(CLI::App& command, ReadEnvironment read_environment,
                                              std::span<const std::string> words, Variables& variables) {
  std::vector<std::string> flags;
  for (CLI::Option* option : command.get_options()) {
    const std::string variable = option->get_envname();
    if (variable.empty()) continue;
    option->envname("");
    // An empty variable is one that a deployment left blank: as if it were not set.
    if (const auto value = read_environment(variable); value && !value->empty()) {
      const std::string flag = fmt::format("--{}", option->get_lnames().front());
      // Of an option that takes several values the last one does not win: a typed one would stand beside this one.
      const bool several = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
      if (several && std::ranges::any_of(words, [&](const auto& word) { return IsFlag(word, flag); })) continue;
      flags.push_back(fmt::format("{}={}", flag, *value));
      variables[flag] = variable;
    }
  }
  return flags;
}

ExitNow Mistake(std::string message) {
  return {.exit_code = kUsageError,
          .text = fmt::format("doclayout: {}\nRun 'doclayout --help' or 'doclayout COMMAND --help'.\n", message)};
}

/// The mistake, with the variable that may be meant: a flag that nobody has typed says little.
std::string WithVariable(std::string mistake, std::span<const std::string> words, const Variables& variables) {
  const std::size_t begin = std::min(mistake.find("--"), mistake.size());
  const std::size_t end = mistake.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", begin);
  const std::string flag = mistake.substr(begin, end - begin);
  const auto variable = variables.find(flag);
  const auto is_flag = [&](const std::string& word) { return IsFlag(word, flag); };
  if (variable == variables.end()) return mistake;
  const bool typed_too = std::ranges::count_if(words, is_flag) > 1;
  return mistake.replace(begin, flag.size(), variable->second + (typed_too ? " or " + flag : " (" + flag + ")"));
}

/// Puts what the environment says behind the command's name. An unknown command is a mistake to be told.
std::optional<std::string> PutEnvironment(std::vector<std::string>& words, std::span<CLI::App* const> commands,
                                          ReadEnvironment read_environment, Variables& variables) {
  const auto find = [&](const std::string& word) {
    return std::find_if(commands.begin(), commands.end(), [&](CLI::App* app) { return app->get_name() == word; });
  };
  if (!words.empty() && !words.front().starts_with('-') && find(words.front()) == commands.end()) {
    return fmt::format("unknown command '{}'; the commands are serve, analyze, model, bench, probe and postprocess",
                       words.front());
  }
  auto word = std::find_if(words.begin(), words.end(), [&](const auto& text) { return find(text) != commands.end(); });
  if (word == words.end()) return std::nullopt;
  CLI::App* command = *find(*word);
  // `model pull` has its options one word further on.
  const auto actions = command->get_subcommands(
      [&](const CLI::App* action) { return word + 1 != words.end() && action->get_name() == *(word + 1); });
  if (!actions.empty()) {
    command = actions.front();
    ++word;
  }
  const auto flags = FlagsFromEnvironment(*command, read_environment, words, variables);
  words.insert(word + 1, flags.begin(), flags.end());
  return std::nullopt;
}

/// Nothing when the words were understood and a command is to be run.
std::optional<ExitNow> Parse(CLI::App& app, const std::vector<std::string>& words, const Variables& variables) {
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back.
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
    return Mistake(WithVariable(error.what(), words, variables));
  }
  return std::nullopt;
}

}  // namespace

Command ParseCommand(std::span<const char* const> arguments, ReadEnvironment read_environment,
                     std::string_view version) {
  CLI::App app{"doclayout: finds the regions of document pages and their reading order", "doclayout"};
  app.set_version_flag("--version", std::string(version));
  app.require_subcommand(1);
  ServeConfig serve;
  AnalyzeConfig analyze;
  PostprocessConfig postprocess;
  ModelConfig model;
  QuantizeConfig quantize;
  GoldenConfig golden;
  BenchConfig bench;
  ProbeConfig probe;
  CLI::App* serve_command = app.add_subcommand("serve", "serve the API over HTTP");
  CLI::App* analyze_command = app.add_subcommand("analyze", "analyse files: regions as JSON, or drawn as PNG");
  CLI::App* model_command = app.add_subcommand("model", "list, pull, verify and describe models");
  CLI::App* postprocess_command =
      app.add_subcommand("postprocess", "turn recorded outputs of a model into regions as JSON");
  CLI::App* bench_command = app.add_subcommand("bench", "put a load on a service and tell what it holds");
  CLI::App* probe_command = app.add_subcommand("probe", "ask a service for its deep health, on a period or once");
  AddServe(*serve_command, serve);
  AddAnalyze(*analyze_command, analyze);
  AddModel(*model_command, model, quantize, golden);
  AddPostprocess(*postprocess_command, postprocess);
  AddBench(*bench_command, bench);
  AddProbe(*probe_command, probe);
  app.set_config("--config", "", "file of options in TOML: a section for each command, [serve], with 'port = 8000'");
  app.allow_config_extras(CLI::config_extras_mode::error);
  const std::array commands{serve_command, analyze_command, model_command,
                            bench_command, probe_command,   postprocess_command};
  for (CLI::App* command : commands) command->fallthrough();

  const auto behind_name = arguments.subspan(std::min<std::size_t>(1, arguments.size()));
  std::vector<std::string> words(behind_name.begin(), behind_name.end());
  Variables variables;
  if (auto mistake = PutEnvironment(words, commands, read_environment, variables)) return Mistake(*mistake);
  if (std::optional<ExitNow> exit = Parse(app, words, variables)) return *exit;

  if (analyze_command->parsed()) return analyze;
  if (model.action == "quantize") return quantize;
  if (model.action == "golden") return golden;
  if (model_command->parsed()) return model;
  if (postprocess_command->parsed()) return postprocess;
  if (probe_command->parsed()) return probe;
  if (bench_command->parsed()) {
    if (std::string contradiction = Contradiction(bench); !contradiction.empty()) return Mistake(contradiction);
    return bench;
  }
  if (std::string contradiction = Contradiction(serve); !contradiction.empty()) return Mistake(contradiction);
  return serve;
}

}  // namespace doclayout::config
