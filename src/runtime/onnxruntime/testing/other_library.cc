// A library that has nothing to do with ONNX Runtime. Built on its own, for the tests.
extern "C" int DoclayoutOtherLibrary() {
  return 0;
}
