// A library that looks like ONNX Runtime, of the version that it is built for. On its own, for the tests.
#include <onnxruntime_c_api.h>

namespace {

const OrtApi* ORT_API_CALL GetApi(uint32_t version) noexcept {
  static const OrtApi kApi{};
  return version <= DOCLAYOUT_API_VERSION ? &kApi : nullptr;
}

const char* ORT_API_CALL GetVersion() noexcept {
  return DOCLAYOUT_VERSION;
}

constexpr OrtApiBase kBase{.GetApi = GetApi, .GetVersionString = GetVersion};

}  // namespace

extern "C" const OrtApiBase* ORT_API_CALL OrtGetApiBase() noexcept {
  return &kBase;
}
