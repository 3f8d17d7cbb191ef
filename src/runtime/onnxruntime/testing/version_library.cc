// A library that looks like ONNX Runtime, of the version that it is built for. On its own, for the tests.
namespace {

struct ApiBase {
  const void* (*get_api)(unsigned version);
  const char* (*get_version)();
};

constexpr unsigned kNewest = DOCLAYOUT_API_VERSION;

const void* GetApi(unsigned version) {
  return version <= kNewest ? &kNewest : nullptr;
}

const char* GetVersion() {
  return DOCLAYOUT_VERSION;
}

constexpr ApiBase kBase{.get_api = GetApi, .get_version = GetVersion};

}  // namespace

extern "C" const void* OrtGetApiBase() {
  return &kBase;
}
