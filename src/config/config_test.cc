#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace doclayout::config {
namespace {

using testing::HasSubstr;

std::optional<std::string> NoEnvironment(std::string_view) {
  return std::nullopt;
}

std::optional<std::string> PortInEnvironment(std::string_view name) {
  if (name == "PORT") return "9001";
  return std::nullopt;
}

Command Parse(std::vector<const char*> words, ReadEnvironment environment = NoEnvironment) {
  words.insert(words.begin(), "doclayout");
  return ParseCommand(words, environment, "doclayout 1.2.3");
}

TEST(Config, DefaultsAreThoseOfTheDocs) {
  const auto serve = std::get<ServeConfig>(Parse({"serve"}));

  EXPECT_EQ(serve.port, 8000);
  EXPECT_EQ(serve.inference.precision, "f32");
  EXPECT_EQ(serve.document.max_pixels, 50'000'000);
  EXPECT_EQ(serve.document.max_document_pixels, 1'000'000'000);
  EXPECT_EQ(serve.answer_cache_bytes, 0);
}

TEST(Config, NamesTheVariableThatMayBeWrong) {
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    return name == "MAX_CONCURRENT_REQUESTS" ? std::optional<std::string>("abc") : std::nullopt;
  };

  EXPECT_THAT(std::get<ExitNow>(Parse({"serve"}, environment)).text,
              HasSubstr("doclayout: MAX_CONCURRENT_REQUESTS (--slots): Value abc not in range"));
  EXPECT_THAT(std::get<ExitNow>(Parse({"serve", "--slots=2"}, environment)).text,
              HasSubstr("doclayout: MAX_CONCURRENT_REQUESTS or --slots: Value abc not in range"));
  EXPECT_THAT(std::get<ExitNow>(Parse({"serve", "--slots=-1"})).text,
              HasSubstr("doclayout: --slots: Value -1 not in range"));
}

TEST(Config, NamesTheVariableWhereverTheFlagStands) {
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    return name == "API_KEYS_FOR_PROBES" ? std::optional<std::string>("abc") : std::nullopt;
  };

  EXPECT_THAT(std::get<ExitNow>(Parse({"serve"}, environment)).text,
              HasSubstr("API_KEYS_FOR_PROBES (--api-keys-for-probes) = abc"));
}

TEST(Config, KeepsAnswersInAsMuchMemoryAsItIsTold) {
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    return name == "ANSWER_CACHE_BYTES" ? std::optional<std::string>("1000") : std::nullopt;
  };

  EXPECT_EQ(std::get<ServeConfig>(Parse({"serve"}, environment)).answer_cache_bytes, 1000);
  EXPECT_EQ(std::get<ServeConfig>(Parse({"serve", "--answer-cache-bytes=7"}, environment)).answer_cache_bytes, 7);
  EXPECT_THAT(std::get<ExitNow>(Parse({"serve", "--answer-cache-bytes=-1"})).text, HasSubstr("--answer-cache-bytes"));
}

std::optional<std::string> LogDirInEnvironment(std::string_view name) {
  if (name == "LOG_DIR") return "/var/log/doclayout";
  if (name == "LOG_FILE_BYTES") return "1048576";
  return std::nullopt;
}

TEST(Config, WritesALogFileAsItIsTold) {
  const std::string path = testing::TempDir() + "/log.toml";
  std::ofstream(path) << "[serve]\nlog-dir = \"/logs\"\nlog-files = 7\n";
  const std::string config = "--config=" + path;

  const auto none = std::get<ServeConfig>(Parse({"serve"})).log_file;
  const auto file = std::get<ServeConfig>(Parse({"serve", config.c_str()})).log_file;
  const auto environment = std::get<ServeConfig>(Parse({"serve", config.c_str()}, LogDirInEnvironment)).log_file;

  EXPECT_EQ(none.folder, "");
  EXPECT_EQ(none.most_bytes, 67'108'864);
  EXPECT_EQ(none.files, 4);
  EXPECT_EQ(file.folder, "/logs");
  EXPECT_EQ(environment.folder, "/var/log/doclayout");
  EXPECT_EQ(environment.most_bytes, 1'048'576);
  EXPECT_EQ(environment.files, 7);
}

TEST(Config, RefusesALogOfFewerThanTwoFilesOrOfTinyOnes) {
  EXPECT_THAT(std::get<ExitNow>(Parse({"serve", "--log-files=1"})).text, HasSubstr("not in range 2 to 1000"));
  EXPECT_THAT(std::get<ExitNow>(Parse({"serve", "--log-file-bytes=4095"})).text, HasSubstr("not in range 4096 to "));
}

TEST(Config, AFlagWinsOverTheEnvironmentAndThatOverTheFile) {
  const std::string path = testing::TempDir() + "/serve.toml";
  std::ofstream(path) << "[serve]\nport = 9000\nqueue-capacity = 7\n";
  const std::string config = "--config=" + path;

  const auto file = std::get<ServeConfig>(Parse({"serve", config.c_str()}));
  const auto environment = std::get<ServeConfig>(Parse({"serve", config.c_str()}, PortInEnvironment));
  const auto flag = std::get<ServeConfig>(Parse({"serve", config.c_str(), "--port", "9002"}, PortInEnvironment));

  EXPECT_EQ(file.port, 9000);
  EXPECT_EQ(file.scheduling.queue_capacity, 7U);
  EXPECT_EQ(environment.port, 9001);
  EXPECT_EQ(environment.scheduling.queue_capacity, 7U);
  EXPECT_EQ(flag.port, 9002);
}

TEST(Config, RefusesWhatContradictsItself) {
  const auto bodies = std::get<ExitNow>(Parse({"serve", "--max-body-bytes=200", "--max-body-bytes-in-flight=199"}));
  const auto drain = std::get<ExitNow>(Parse({"serve", "--drain-grace-ms=2000", "--drain-timeout-ms=1000"}));

  EXPECT_EQ(bodies.exit_code, 2);
  EXPECT_THAT(bodies.text, HasSubstr("--max-body-bytes-in-flight is 199"));
  EXPECT_EQ(drain.exit_code, 2);
  EXPECT_THAT(drain.text, HasSubstr("--drain-grace-ms is 2000"));
}

TEST(Config, RefusesLimitsOfHealthThatContradictEachOther) {
  const auto mistake = [](auto... words) { return std::get<ExitNow>(Parse({"serve", words...})).text; };

  EXPECT_THAT(mistake("--ready-needs-deep-health", "--deep-health-period-s=0"),
              HasSubstr("needs a --deep-health-period-s"));
  EXPECT_THAT(mistake("--memory-warn-free-bytes=1", "--memory-least-free-bytes=2"),
              HasSubstr("--memory-warn-free-bytes is 1, less"));
  EXPECT_THAT(mistake("--gpu-memory-warn-free-bytes=1"), HasSubstr("--gpu-memory-warn-free-bytes is 1, less"));
  EXPECT_THAT(mistake("--gpu-warn-celsius=96"), HasSubstr("--gpu-warn-celsius is 96, over"));
}

std::optional<std::string> ClientsInEnvironment(std::string_view name) {
  if (name == "API_KEYS_FILE") return "/keys.json";
  if (name == "API_KEYS_FOR_PROBES") return "true";
  if (name == "RATE_LIMIT") return "0.5";
  if (name == "RATE_BURST") return "3";
  if (name == "TRUSTED_PROXIES") return "10.0.0.0/8,192.0.2.1";
  return std::nullopt;
}

TEST(Config, ServesEverybodyAlikeByDefault) {
  const ClientConfig clients = std::get<ServeConfig>(Parse({"serve"})).clients;

  EXPECT_EQ(clients.api_keys_file, "");
  EXPECT_FALSE(clients.api_keys_for_probes);
  EXPECT_EQ(clients.rate_limit, 0);
  EXPECT_EQ(clients.trusted_proxies, "");
}

TEST(Config, TellsClientsApartAsTheEnvironmentSays) {
  const ClientConfig clients = std::get<ServeConfig>(Parse({"serve"}, ClientsInEnvironment)).clients;

  EXPECT_EQ(clients.api_keys_file, "/keys.json");
  EXPECT_TRUE(clients.api_keys_for_probes);
  EXPECT_EQ(clients.rate_limit, 0.5);
  EXPECT_EQ(clients.rate_burst, 3);
  EXPECT_EQ(clients.trusted_proxies, "10.0.0.0/8,192.0.2.1");
}

TEST(Config, AFlagOfClientsWinsOverTheEnvironment) {
  const auto serve = std::get<ServeConfig>(
      Parse({"serve", "--no-api-keys-for-probes", "--rate-limit=7", "--trusted-proxies=::1"}, ClientsInEnvironment));

  EXPECT_FALSE(serve.clients.api_keys_for_probes);
  EXPECT_EQ(serve.clients.rate_limit, 7);
  EXPECT_EQ(serve.clients.trusted_proxies, "::1");
}

TEST(Config, RefusesWhatMakesNoSenseOfClients) {
  const auto message = [](std::vector<const char*> words) {
    const auto exit = std::get<ExitNow>(Parse(std::move(words)));
    EXPECT_EQ(exit.exit_code, 2);
    return exit.text;
  };

  EXPECT_THAT(message({"serve", "--rate-limit=0.0001"}), HasSubstr("'0.0001' is not 0 and not from 0.001 to 1000000"));
  EXPECT_THAT(message({"serve", "--rate-limit=-1"}), HasSubstr("--rate-limit"));
  EXPECT_THAT(message({"serve", "--rate-limit=nan"}), HasSubstr("--rate-limit"));
  EXPECT_THAT(message({"serve", "--rate-limit=5", "--rate-burst=0.5"}), HasSubstr("'0.5' is not from 1 to 1000000"));
  EXPECT_THAT(message({"serve", "--rate-burst=5"}), HasSubstr("--rate-burst is 5, but there is no --rate-limit"));
  EXPECT_THAT(message({"serve", "--api-keys-for-probes"}), HasSubstr("but there is no --api-keys-file"));
}

TEST(Config, ReadsWhatAnalyzeIsTold) {
  const auto analyze =
      std::get<AnalyzeConfig>(Parse({"analyze", "--threshold", "0.3", "--no-nms", "a.png", "b.jpg", "-o", "out"}));

  EXPECT_EQ(analyze.files, (std::vector<std::string>{"a.png", "b.jpg"}));
  EXPECT_FLOAT_EQ(analyze.parameters.threshold.value(), 0.3F);
  EXPECT_EQ(analyze.parameters.nms, false);
  EXPECT_EQ(analyze.output, "out");
}

TEST(Config, WhatIsNotGivenStaysTheModelsOwn) {
  const auto analyze = std::get<AnalyzeConfig>(Parse({"analyze", "a.png"}));

  EXPECT_FALSE(analyze.parameters.threshold);
  EXPECT_FALSE(analyze.parameters.nms);
}

TEST(Config, RegionsAreChosenAsInAQuery) {
  const auto analyze =
      std::get<AnalyzeConfig>(Parse({"analyze", "--class-threshold", "5:0.4", "--merge=large", "--unclip", "1.1,1.2",
                                     "--shape", "poly", "--no-overlap-filter", "--unordered-labels=none", "a.png"}));

  EXPECT_FLOAT_EQ(analyze.parameters.class_threshold.at("5"), 0.4F);
  EXPECT_EQ(analyze.parameters.merge, MergeMode::kLarge);
  EXPECT_EQ(analyze.parameters.unclip, (UnclipRatio{1.1, 1.2}));
  EXPECT_EQ(analyze.parameters.shape, RegionShape::kPoly);
  EXPECT_EQ(analyze.parameters.overlap_filter, false);
  EXPECT_THAT(analyze.parameters.unordered_labels, testing::Optional(testing::IsEmpty()));
}

TEST(Config, ReadsWhatInfers) {
  const auto serve = std::get<ServeConfig>(Parse({"serve", "--device=gpu:1", "--runtime", "onnxruntime", "--cache-dir",
                                                  "/var/cache", "--family", "pp-doclayoutv3"}));

  EXPECT_EQ(serve.inference.device, "gpu:1");
  EXPECT_EQ(serve.inference.runtime, "onnxruntime");
  EXPECT_EQ(serve.inference.cache_dir, "/var/cache");
  EXPECT_EQ(serve.inference.family, "pp-doclayoutv3");
}

TEST(Config, ReadsWhatToDoWithModels) {
  const auto pull = std::get<ModelConfig>(Parse({"model", "pull", "pp-doclayoutv3", "--file", "v3.onnx"}));
  const auto info = std::get<ModelConfig>(Parse({"model", "info", "--json"}));

  EXPECT_EQ(pull.action, "pull");
  EXPECT_EQ(pull.names, (std::vector<std::string>{"pp-doclayoutv3"}));
  EXPECT_EQ(pull.file, "v3.onnx");
  EXPECT_EQ(info.action, "info");
  EXPECT_TRUE(info.names.empty());
  EXPECT_TRUE(info.json);
}

TEST(Config, ReadsHowToQuantize) {
  const std::string folder = testing::TempDir();
  const auto config = std::get<QuantizeConfig>(Parse({"model", "quantize", "v3.onnx", "--pages", folder.c_str(), "-o",
                                                      "int8.onnx", "--keep-float", "decoder", "--install"}));

  EXPECT_EQ(config.model, "v3.onnx");
  EXPECT_EQ(config.pages, folder);
  EXPECT_EQ(config.output, "int8.onnx");
  EXPECT_EQ(config.keep_float, (std::vector<std::string>{"decoder"}));
  EXPECT_TRUE(config.install);
}

TEST(Config, ReadsWhatLoadToPutOnAService) {
  const auto bench = std::get<BenchConfig>(Parse({"bench", "http://localhost:8000", "--rate", "1,2.5", "a.png", "--p99",
                                                  "0.5", "--no-keep-alive", "--header", "X-API-Key: k", "--header",
                                                  "A: b", "pages", "--query", "threshold=0.3", "--report", "r.html"}));

  EXPECT_EQ(bench.url, "http://localhost:8000");
  EXPECT_EQ(bench.pages, (std::vector<std::string>{"a.png", "pages"}));
  EXPECT_EQ(bench.rates, (std::vector<double>{1, 2.5}));
  EXPECT_TRUE(bench.connections.empty());
  EXPECT_EQ(bench.p99_s, 0.5);
  EXPECT_FALSE(bench.keep_alive);
  EXPECT_EQ(bench.headers, (std::vector<std::string>{"X-API-Key: k", "A: b"}));
  EXPECT_EQ(bench.query, "threshold=0.3");
  EXPECT_EQ(bench.report, "r.html");
}

TEST(Config, AnOpenAndAClosedLoopAtOnceContradictEachOther) {
  const auto exit = std::get<ExitNow>(Parse({"bench", "http://h", "a.png", "--rate=1", "--connections=1"}));

  EXPECT_EQ(exit.exit_code, 2);
  EXPECT_THAT(exit.text, HasSubstr("--rate is of an open loop and --connections of a closed one"));
}

TEST(Config, ReadsWhichOutputsToPostprocess) {
  const auto config =
      std::get<PostprocessConfig>(Parse({"postprocess", "--family", "pp-doclayoutv2", "--width", "600", "--height",
                                         "800", "--labels", "text,table", "--threshold", "0.3", "outputs"}));

  EXPECT_EQ(config.folder, "outputs");
  EXPECT_EQ(config.family, "pp-doclayoutv2");
  EXPECT_EQ(config.labels, (std::vector<std::string>{"text", "table"}));
  EXPECT_FLOAT_EQ(config.parameters.threshold.value(), 0.3F);
}

TEST(Config, AMistakeIsAUsageErrorThatNamesIt) {
  const auto message = [](std::vector<const char*> words) {
    const auto exit = std::get<ExitNow>(Parse(std::move(words)));
    EXPECT_EQ(exit.exit_code, 2);
    return exit.text;
  };

  EXPECT_THAT(message({}), HasSubstr("subcommand is required"));
  EXPECT_THAT(message({"frobnicate"}), HasSubstr("frobnicate"));
  EXPECT_THAT(message({"analyze"}), HasSubstr("FILE is required"));
  EXPECT_THAT(message({"analyze", "--threshold", "2", "a.png"}), HasSubstr("--threshold"));
  EXPECT_THAT(message({"analyze", "--threshold", "nan", "a.png"}), HasSubstr("--threshold"));
  EXPECT_THAT(message({"analyze", "--format", "gif", "a.png"}), HasSubstr("--format"));
  EXPECT_THAT(message({"analyze", "--class-merge", "5:both", "a.png"}), HasSubstr("CLASS:union|large|small"));
  EXPECT_THAT(message({"serve", "--device", "gpu:"}), HasSubstr("'gpu:' is not auto, cpu, gpu or gpu:N"));
  EXPECT_THAT(message({"postprocess", "--family", "yolo", "--width=1", "--height=1", "d"}), HasSubstr("--family"));
  EXPECT_THAT(message({"model"}), HasSubstr("subcommand is required"));
  EXPECT_THAT(message({"model", "pull"}), HasSubstr("NAME is required"));
  EXPECT_THAT(message({"model", "quantize", "v3.onnx", "--pages", "/nowhere", "-o", "o"}), HasSubstr("/nowhere"));
  EXPECT_THAT(message({"bench", "http://h"}), HasSubstr("PAGE is required"));
  EXPECT_THAT(message({"bench", "http://h", "a.png", "--rate", "0"}), HasSubstr("--rate"));
  EXPECT_THAT(message({"bench", "http://h", "a.png", "--connections", "1,none"}), HasSubstr("--connections"));
  EXPECT_THAT(message({"bench", "http://h", "a.png", "--header", "no colon"}), HasSubstr("'Name: value'"));
  EXPECT_THAT(message({"bench", "http://h", "a.png", "--header", "A: b\r\nC: d"}), HasSubstr("'Name: value'"));
  EXPECT_THAT(message({"serve", "--port", "70000"}), HasSubstr("--port"));
  EXPECT_THAT(message({"serve", "--no-such-flag"}), HasSubstr("--no-such-flag"));
  EXPECT_THAT(message({"serve", "--config", "/nowhere.toml"}), HasSubstr("/nowhere.toml"));
  const std::string path = testing::TempDir() + "/unknown.toml";
  std::ofstream(path) << "[serve]\nprot = 9000\n";
  EXPECT_THAT(message({"serve", "--config", path.c_str()}),
              HasSubstr("--config has an option that is not known: serve.prot"));
}

TEST(Config, HelpAndVersionAreNotMistakes) {
  const auto help = std::get<ExitNow>(Parse({"serve", "--help"}));
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.text, testing::AllOf(HasSubstr("Usage: doclayout serve"), HasSubstr("--max-body-bytes"),
                                        HasSubstr("[env MAX_BODY_BYTES]")));

  EXPECT_EQ(std::get<ExitNow>(Parse({"--version"})).text, "doclayout 1.2.3\n");
}

}  // namespace
}  // namespace doclayout::config
