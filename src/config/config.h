#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "types/analyze_parameters.h"
#include "types/decode_mode.h"

namespace doclayout::config {

/// What every command that infers can be told. Zero means: chosen by the program.
struct InferenceConfig {
  std::string model_path;  ///< an ONNX file, a folder with one or a name of the catalogue; empty: the embedded model
  std::string family;      ///< empty: told from the model
  std::string runtime = "auto";
  std::string onnxruntime_path;  ///< a file or folder; empty: looked for
  std::string device = "auto";
  std::string precision = "f32";
  std::string cache_dir;  ///< empty: compiled models are not kept
  int streams = 0;
  int threads = 0;
};

/// Limits on what a document may be; the same for every command that reads one.
struct DocumentConfig {
  std::int64_t max_pixels = 50'000'000;
  int max_pages = 200;
  std::int64_t max_document_pixels = 1'000'000'000;
  DecodeMode decode = DecodeMode::kExact;  ///< of JPEG pages that the model sees smaller than they are
};

/// Who is admitted, in which order pages are inferred, and when the service gives up on its model.
struct SchedulingConfig {
  int slots = 0;  ///< pages that are inferred at once
  std::size_t queue_capacity = 64;
  std::size_t queue_spare_places = 16;  ///< for clients of which nothing waits
  int request_timeout_ms = 60'000;      ///< of requests that do not say
  double bulk_share = 0.125;            ///< of the slots, while interactive requests wait too
  int max_batch_size = 0;               ///< pages of one inference
  int max_queue_delay_ms = -1;          ///< that a page waits for others; negative: chosen
  std::vector<int> preferred_batch_sizes;
  int inference_timeout_ms = 60'000;   ///< then a slot is stuck
  int breaker_failures = 5;            ///< one after another; 0: never
  int breaker_open_ms = 5'000;         ///< before the model is tried again
  std::size_t memory_limit_bytes = 0;  ///< of the process; 0: nine tenths of the container's limit
  int memory_limit_for_ms = 5'000;     ///< over it, until the service stops
};

/// Who callers are, and how much each may ask for.
struct ClientConfig {
  std::string api_keys_file;  ///< empty: nobody needs a key
  bool api_keys_for_probes = false;
  double rate_limit = 0;        ///< requests a second of each client; 0: no limit
  double rate_burst = 0;        ///< 0: as the rate, at least 1
  std::string trusted_proxies;  ///< "10.0.0.0/8,192.0.2.1"; not checked here
};

/// Where the spans of requests go, and how many at what time.
struct TracingConfig {
  std::string endpoint;       ///< URL, as it is; see TracesUrl
  std::string base_endpoint;  ///< URL without /v1/traces
  std::string protocol = "http/json";
  std::vector<std::pair<std::string, std::string>> headers;
  int timeout_ms = 10'000;
  std::string service_name = "doclayout";
  double ratio = 1;  ///< of traces that begin here
  std::size_t queue = 2048;
  std::size_t batch = 512;
  int delay_ms = 5'000;
  int flush_ms = 2'000;
};

/// The URL that spans are sent to; empty: none are.
std::string TracesUrl(const TracingConfig& config);

/// What the service looks at of itself.
struct HealthConfig {
  double deep_period_s = 30;   ///< between two deep checks; 0: only when asked
  double deep_timeout_s = 20;  ///< of one
  double deep_slow_s = 5;      ///< an inference that takes longer is a warning
  bool ready_needs_deep_health = false;
  std::string golden_file;  ///< empty: beside the model, or the program's own
  std::size_t memory_warn_free_bytes = 500'000'000;
  std::size_t memory_least_free_bytes = 200'000'000;
  int event_loop_timeout_ms = 5'000;  ///< for a turn of the I/O thread
  std::string nvml_path = "libnvidia-ml.so.1";
  std::string cuda_driver_path = "libcuda.so.1";
  std::size_t gpu_memory_warn_free_bytes = 500UL << 20;
  std::size_t gpu_memory_least_free_bytes = 200UL << 20;
  double gpu_warn_celsius = 85;
  double gpu_most_celsius = 95;
  double drift_baseline_hours = 6;
  double drift_warning = 0.25;
};

/// The log's file, beside standard output.
struct LogFileConfig {
  std::string folder;  ///< empty: there is none
  std::size_t most_bytes = 64UL << 20;
  int files = 4;  ///< with the one that is written
};

struct ServeConfig {
  InferenceConfig inference;
  SchedulingConfig scheduling;
  HealthConfig health;
  std::string log_level = "info";
  LogFileConfig log_file;
  std::string host = "0.0.0.0";
  int port = 8000;  ///< 0: any free one; the log says which
  int drain_grace_ms = 1'000;
  int drain_timeout_ms = 30'000;
  int max_connections = 1024;
  std::size_t max_body_bytes = 50UL << 20;
  std::size_t max_body_bytes_in_flight = 512UL << 20;
  std::size_t max_header_bytes = 16UL << 10;
  std::size_t answer_cache_bytes = 0;  ///< of what was found in documents; 0: nothing is kept
  DocumentConfig document;
  ClientConfig clients;
  std::string admin_token;  ///< empty: what it opens is not there
  TracingConfig tracing;
  int header_timeout_ms = 10'000;
  int body_timeout_ms = 60'000;
  int write_timeout_ms = 30'000;
  int idle_timeout_ms = 75'000;
};

struct AnalyzeConfig {
  InferenceConfig inference;
  std::vector<std::string> files;
  std::string format = "json";
  std::string output;  ///< a file or a folder; empty: standard output
  bool pretty = false;
  AnalyzeParameters parameters;
  DocumentConfig document;
};

/// Recorded outputs of a model, to be turned into regions.
struct PostprocessConfig {
  std::string folder;
  std::string family;  ///< as of a model, or "pp-doclayoutv3-transformers"
  int width = 0;
  int height = 0;
  std::vector<std::string> labels;  ///< empty: the family's own
  AnalyzeParameters parameters;
  bool pretty = false;
};

/// What to do with models on this machine.
struct ModelConfig {
  std::string action;              ///< "list", "pull", "verify" or "info"
  std::vector<std::string> names;  ///< of the catalogue; for "info" also a file or folder
  std::string family;              ///< as `InferenceConfig::family`, for "info"
  std::string mirror;              ///< base URL; empty: the model's own address
  std::string file;                ///< to take a model from; empty: the network
  bool json = false;
};

/// How to make an INT8 model.
struct QuantizeConfig {
  std::string model;                    ///< as `InferenceConfig::model_path`
  std::string family;                   ///< as there
  std::string pages;                    ///< folder of images
  std::string output;                   ///< ONNX file to write
  std::string environment;              ///< folder of the Python environment; empty: one for this user
  bool install = false;                 ///< makes the environment if it is not there
  std::optional<float> threshold;       ///< of the comparison
  std::vector<std::string> keep_float;  ///< regular expressions of nodes that stay as they are
};

/// How to record what a model finds on a golden page.
struct GoldenConfig {
  InferenceConfig inference;
  std::string page;    ///< image file; empty: the page that the program carries
  std::string output;  ///< JSON file to write, "-" for standard output; empty: beside the model
};

/// What load to put on a service.
struct BenchConfig {
  std::string url;
  std::vector<std::string> pages;  ///< files, and folders of images
  std::vector<double> rates;       ///< requests a second, a step each; with `connections` empty too: looked for
  std::vector<int> connections;    ///< of closed loops, a step each
  std::string arrivals = "poisson";
  double duration_s = 10;  ///< of a step, behind its warm-up
  double warm_up_s = 2;
  double p99_s = 2;        ///< objective
  double success = 0.99;   ///< objective: least share of good answers
  double target_rate = 0;  ///< to say a number of replicas for; 0: none
  double timeout_s = 30;
  int max_in_flight = 512;
  std::string query;  ///< passed on
  std::string body = "raw";
  std::vector<std::string> headers;  ///< "Name: value"
  bool keep_alive = true;
  std::uint64_t seed = 1;
  std::string report;  ///< file of HTML to write; empty: none
  std::string format = "text";
};

/// Which service to ask for its deep health, how often, and whom to tell.
struct ProbeConfig {
  std::string url = "http://127.0.0.1:8000";  ///< of the service, without a path of its own
  std::string page;                           ///< file of an image to infer; empty: the service's golden page
  double period_s = 30;
  double timeout_s = 30;  ///< of one call
  bool once = false;
  double start_timeout_s = 600;
  double drain_timeout_s = 120;  ///< silent for so long, a service that said that it shuts down still does
  int metrics_port = 9105;       ///< 0: any free one; -1: none
  std::string metrics_host = "0.0.0.0";
  std::vector<std::string> webhooks;    ///< URLs; secrets
  std::string webhook_format = "auto";  ///< "slack", "dingtalk" or told from the host
  double webhook_repeat_s = 3600;       ///< 0: never
  std::string dingtalk_secret;          ///< empty: messages are not signed
  int failures = 2;                     ///< verdicts in a row before a message
  std::string api_key;                  ///< empty: none is sent
  std::string name;                     ///< of the instance in messages; empty: the host's
  std::string log_level = "info";
};

/// Nothing to run: `text` goes to standard output (help, version) or, for a mistake in the command line, to standard
/// error, and the process exits with `exit_code` (0, or 2 for a mistake).
struct ExitNow {
  int exit_code = 0;
  std::string text;
};

using Command = std::variant<ServeConfig, AnalyzeConfig, PostprocessConfig, ModelConfig, QuantizeConfig, GoldenConfig,
                             BenchConfig, ProbeConfig, ExitNow>;

/// An environment variable's value, or nothing; a function so that tests need not touch the process.
using ReadEnvironment = std::optional<std::string> (*)(std::string_view name);

/// Reads the command line, the environment and the file that `--config` names. A flag wins over the environment, and
/// the environment over the file. Never fails: a mistake is an `ExitNow` that says what was wrong and what is allowed.
Command ParseCommand(std::span<const char* const> arguments, ReadEnvironment read_environment,
                     std::string_view version);

}  // namespace doclayout::config
