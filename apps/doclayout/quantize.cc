#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.h"
#include "commands.h"
#include "console.h"
#include "model/catalogue.h"
#include "model_setup.h"

// quantize_files.S
extern "C" const char doclayout_quantize_script_begin[];
extern "C" const char doclayout_quantize_script_end[];
extern "C" const char doclayout_quantize_requirements_begin[];
extern "C" const char doclayout_quantize_requirements_end[];

namespace doclayout {
namespace {

namespace fs = std::filesystem;

std::string_view Between(const char* begin, const char* end) {
  // NOLINTNEXTLINE(clang-analyzer-security.PointerSub): the assembler's names for the ends of one array.
  return {begin, static_cast<std::size_t>(end - begin)};
}

fs::path DefaultEnvironment() {
  return model::UserDataFolder().value_or(".local/share/doclayout") / "quantize";
}

bool IsComplete(const fs::path& environment) {
  std::error_code ignored;
  return fs::exists(environment / "complete", ignored);
}

/// An error when a step does not end well.
Result<void> Step(const std::vector<std::string>& words) {
  const Result<int> status = RunChild(words);
  if (!status) return Fail(status.error());
  if (*status != 0) return Fail(ErrorCode::kInternal, fmt::format("'{}' ended with status {}", words[0], *status));
  return {};
}

/// Makes the environment in its place; the file `complete`, written last, tells a whole one from one that was broken
/// off.
Result<void> Install(const fs::path& environment) {
  const auto requirements =
      InheritedFile::Make(Between(doclayout_quantize_requirements_begin, doclayout_quantize_requirements_end));
  if (!requirements) return Fail(requirements.error());
  if (auto made = Step({"python3", "-m", "venv", "--clear", environment.string()}); !made) return made;
  const std::string python = (environment / "bin/python").string();
  auto installed = Step({python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
                         "--no-deps", "--only-binary=:all:", "--requirement", requirements->path()});
  if (!installed) return installed;
  return Step({"touch", (environment / "complete").string()});
}

Result<fs::path> FindPython(const config::QuantizeConfig& config) {
  const fs::path environment = config.environment.empty() ? DefaultEnvironment() : fs::path(config.environment);
  if (!IsComplete(environment)) {
    if (!config.install) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("quantizing needs a Python environment with NNCF, and '{}' is none; --install makes it "
                              "(some 200 MB from PyPI)",
                              environment.string()));
    }
    if (auto installed = Install(environment); !installed) {
      return Fail(installed.error().code, fmt::format("the environment '{}' was not made: {}", environment.string(),
                                                      installed.error().message));
    }
  }
  return environment / "bin/python";
}

/// What the script has to know of the model.
std::string Card(const model::ModelFile& file, const std::string& spec) {
  const model::ModelCard& card = file.card();
  const nlohmann::json json = {{"spec", spec},
                               {"path", file.path().string()},
                               {"family", model::FamilyName(card.family)},
                               {"transformer", card.family != model::Family::kPicoDet},
                               {"labels", card.labels},
                               {"input", card.input.name},
                               {"width", card.input.width},
                               {"height", card.input.height},
                               {"mean", card.input.mean},
                               {"deviation", card.input.deviation},
                               {"rgb", card.input.channels == model::ChannelOrder::kRedGreenBlue},
                               {"interpolation", static_cast<int>(card.input.interpolation)},
                               {"im_shape", card.input.im_shape},
                               {"scale_factor", card.input.scale_factor}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<void> CheckOutput(const fs::path& output) {
  std::error_code ignored;
  const fs::path folder = output.parent_path();
  if (fs::is_directory(output, ignored)) {
    return Fail(ErrorCode::kBadParameter, fmt::format("the output '{}' is a folder; name a file", output.string()));
  }
  if (!folder.empty() && !fs::is_directory(folder, ignored)) {
    return Fail(ErrorCode::kBadParameter, fmt::format("the folder '{}' does not exist", folder.string()));
  }
  return {};
}

}  // namespace

int RunQuantize(const config::QuantizeConfig& config) {
  const auto complain = [](const Error& error, ExitCode code) {
    Complain(error.message);
    return code;
  };
  if (const auto good = CheckOutput(config.output); !good) return complain(good.error(), kExitUsage);
  const auto file = ReadModel(config.model, config.family);
  if (!file) return complain(file.error(), kExitModel);
  const auto python = FindPython(config);
  if (!python) return complain(python.error(), kExitSomeFailed);
  const auto script = InheritedFile::Make(Between(doclayout_quantize_script_begin, doclayout_quantize_script_end));
  if (!script) return complain(script.error(), kExitSomeFailed);

  std::error_code ignored;
  std::vector<std::string> words{python->string(), script->path(),
                                 "--card",         Card(*file, config.model),
                                 "--pages",        config.pages,
                                 "--output",       config.output,
                                 "--doclayout",    fs::read_symlink("/proc/self/exe", ignored).string()};
  if (config.threshold) words.insert(words.end(), {"--threshold", fmt::format("{}", *config.threshold)});
  for (const std::string& pattern : config.keep_float) words.insert(words.end(), {"--keep-float", pattern});
  const Result<int> status = RunChild(words);
  if (!status) return complain(status.error(), kExitSomeFailed);
  return *status == 0 ? kExitGood : kExitSomeFailed;
}

}  // namespace doclayout
