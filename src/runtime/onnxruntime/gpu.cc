#include "runtime/onnxruntime/gpu.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/onnxruntime/gpu_count.h"

namespace doclayout::runtime {
namespace {

/// What ONNX Runtime's TensorRT provider is linked with.
constexpr const char* kTensorRt = "libnvinfer.so.10";
constexpr std::string_view kCudaProvider = "libonnxruntime_providers_cuda.so";

using ProviderOptions = std::map<std::string, std::string>;

Error GpuError(std::string_view why) {
  return {ErrorCode::kBadParameter, fmt::format("no GPU can be used: {}", why)};
}

std::string LoaderError() {
  const char* text = dlerror();
  return text != nullptr ? text : "unknown error";
}

/// A C API's object and what frees it.
template <typename T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

template <typename Update>
void SetOptions(const ProviderOptions& options, Update update) {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : options) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  Ort::ThrowOnError(update(keys.data(), values.data(), keys.size()));
}

void AddCuda(Ort::SessionOptions& session, const GpuOptions& options) {
  const OrtApi& api = Ort::GetApi();
  OrtCUDAProviderOptionsV2* created = nullptr;
  Ort::ThrowOnError(api.CreateCUDAProviderOptions(&created));
  const Owned<OrtCUDAProviderOptionsV2> owned(
      created, [](OrtCUDAProviderOptionsV2* value) { Ort::GetApi().ReleaseCUDAProviderOptions(value); });
  // TF32 has 10 bits of fraction and is on if nothing is said.
  const bool tf32 = options.precision == Precision::kAuto;
  SetOptions({{"device_id", std::to_string(options.index)}, {"use_tf32", tf32 ? "1" : "0"}},
             [&](const char* const* keys, const char* const* values, std::size_t count) {
               return api.UpdateCUDAProviderOptions(created, keys, values, count);
             });
  session.AppendExecutionProvider_CUDA_V2(*created);
}

void AddTensorRt(Ort::SessionOptions& session, const GpuOptions& options) {
  const OrtApi& api = Ort::GetApi();
  OrtTensorRTProviderOptionsV2* created = nullptr;
  Ort::ThrowOnError(api.CreateTensorRTProviderOptions(&created));
  const Owned<OrtTensorRTProviderOptionsV2> owned(
      created, [](OrtTensorRTProviderOptionsV2* value) { Ort::GetApi().ReleaseTensorRTProviderOptions(value); });
  SetOptions({{"device_id", std::to_string(options.index)},
              {"trt_engine_cache_enable", "1"},
              {"trt_engine_cache_path", options.cache_dir},
              {"trt_timing_cache_enable", "1"},
              {"trt_timing_cache_path", options.cache_dir}},
             [&](const char* const* keys, const char* const* values, std::size_t count) {
               return api.UpdateTensorRTProviderOptions(created, keys, values, count);
             });
  session.AppendExecutionProvider_TensorRT_V2(*created);
}

/// After ONNX Runtime could not load its provider: what the loader misses. Not before, because the provider's library
/// expects that another one of its own is set up.
std::string WhyCudaFails(const OnnxRuntimeLibrary& library, const std::string& message) {
  std::error_code error;
  const auto folder = std::filesystem::canonical(library.path, error).parent_path();
  const auto path = folder / kCudaProvider;
  if (error) return message;
  if (!std::filesystem::exists(path, error)) return fmt::format("'{}' is missing", path.string());
  if (dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL) == nullptr) {
    return fmt::format("{} cannot be loaded: {}", kCudaProvider, LoaderError());
  }
  return message;
}

Result<void> CheckIndex(int index) {
  const Result<int> count = CountGpus();
  if (!count) return Fail(count.error());
  if (index >= *count) {
    return Fail(
        GpuError(fmt::format("gpu:{} was asked for, and the driver finds {} (numbered from 0)", index, *count)));
  }
  return {};
}

}  // namespace

Result<std::string> UseGpu(const OnnxRuntimeLibrary& library, Ort::SessionOptions& session, const GpuOptions& options) {
  if (options.precision == Precision::kBfloat16) {
    return Fail(ErrorCode::kBadParameter, "precision bf16 is for processors; on a GPU use f32, or auto for TF32");
  }
  if (auto there = CheckIndex(options.index); !there) return Fail(std::move(there.error()));
  const std::vector<std::string> built = Ort::GetAvailableProviders();
  const auto has = [&](std::string_view name) { return std::ranges::find(built, name) != built.end(); };
  if (!has("CUDAExecutionProvider")) {
    return Fail(GpuError(fmt::format("'{}' was built without CUDA (it has {}); take the one of onnxruntime-gpu",
                                     library.path.string(), fmt::join(built, ", "))));
  }
  std::string used;
  if (has("TensorrtExecutionProvider") && !options.cache_dir.empty() &&
      dlopen(kTensorRt, RTLD_LAZY | RTLD_LOCAL) != nullptr) {
    AddTensorRt(session, options);
    used = "TensorRT, ";
  }
  try {
    AddCuda(session, options);
  } catch (const Ort::Exception& error) {
    return Fail(GpuError(WhyCudaFails(library, error.what())));
  }
  return used + "CUDA";
}

}  // namespace doclayout::runtime
