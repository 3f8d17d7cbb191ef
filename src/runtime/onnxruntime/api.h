#pragma once

// ONNX Runtime's C++ interface over a library that is loaded when it is asked for: whoever includes this must hold an
// `OnnxRuntimeLibrary`, which hands the library's functions to it.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT
