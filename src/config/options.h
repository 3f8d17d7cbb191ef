#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <type_traits>

#include "config/config.h"

/// Options that several commands have. For this module's own files only; not thread-safe.
namespace doclayout::config {

/// An option that an environment variable sets too. The last value given wins: what the environment says is put before
/// the command line.
CLI::Option* FromEnvironment(CLI::Option* option, const char* variable);

/// As the former, of an option that may be given several times. What is typed then stands alone: the environment is not
/// asked.
CLI::Option* SeveralFromEnvironment(CLI::Option* option, const char* variable);

/// The sentence that is wrong with a URL of http or https, or nothing. It may hold a password: it is not repeated.
std::string IsHttpUrl(const std::string& url);

/// The sentence that is wrong with a text that is no number but a way to write none, or nothing.
std::string IsANumber(const std::string& text);

/// Adds options that are numbers in a range, which NaN is not.
struct Numbers {
  CLI::App& app;

  template <typename Number>
  void operator()(const char* flag, Number& value, const char* description, std::type_identity_t<Number> low,
                  std::type_identity_t<Number> high, const char* variable) const {
    CLI::Option* option = app.add_option(flag, value, description)->check(CLI::Range(low, high));
    if constexpr (std::is_floating_point_v<Number>) option->check(IsANumber);
    FromEnvironment(option->capture_default_str(), variable);
  }
};

/// What kind of model it is.
void AddFamily(CLI::App& app, std::string& family);

/// Which model, and what infers.
void AddInference(CLI::App& app, InferenceConfig& config);

/// How large documents may be.
void AddDocument(CLI::App& app, DocumentConfig& config);

/// Who callers are and how much each may ask for, of `serve`.
void AddClients(CLI::App& app, ClientConfig& config);

/// What single ones of these cannot see: nothing, or what contradicts what.
std::string Contradiction(const ClientConfig& config);

/// What is reported of a page, as in the query of `/analyze`.
void AddParameters(CLI::App& app, AnalyzeParameters& parameters);

/// Where spans go.
void AddTracing(CLI::App& app, TracingConfig& config);

/// What single options of tracing cannot see: nothing, or what contradicts what.
std::string Contradiction(const TracingConfig& config);

/// All of `serve`.
void AddServe(CLI::App& app, ServeConfig& config);

/// What single options of `serve` cannot see: nothing, or what contradicts what.
std::string Contradiction(const ServeConfig& config);

/// All of `probe`.
void AddProbe(CLI::App& app, ProbeConfig& config);

/// All of `bench`.
void AddBench(CLI::App& app, BenchConfig& config);

/// What single options of `bench` cannot see: nothing, or what contradicts what.
std::string Contradiction(const BenchConfig& config);

}  // namespace doclayout::config
