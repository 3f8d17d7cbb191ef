# What `cmake --install BUILD --prefix PLACE` puts where: the two programs, OpenVINO's libraries beside them in a folder of
# their own (the distribution's other libraries come from its packages), and the licences.
include(GNUInstallDirs)

set(DOCLAYOUT_LIBRARIES "${CMAKE_INSTALL_LIBDIR}/doclayout")

set_target_properties(doclayout doclayout_probe_program PROPERTIES
  INSTALL_RPATH "$ORIGIN/../${DOCLAYOUT_LIBRARIES}")
install(TARGETS doclayout doclayout_probe_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# Those that a processor's inference takes (IR is what the program rewrites a graph in); the others are for other devices and
# formats.
file(GLOB DOCLAYOUT_OPENVINO_LIBRARIES CONFIGURE_DEPENDS
  "${DOCLAYOUT_DEPS}/openvino/libs/libopenvino.so.*"
  "${DOCLAYOUT_DEPS}/openvino/libs/libopenvino_intel_cpu_plugin.so"
  "${DOCLAYOUT_DEPS}/openvino/libs/libopenvino_ir_frontend.so.*"
  "${DOCLAYOUT_DEPS}/openvino/libs/libopenvino_onnx_frontend.so.*"
  "${DOCLAYOUT_DEPS}/openvino/libs/libtbb.so.*"
  "${DOCLAYOUT_DEPS}/openvino/libs/libtbbbind_2_5.so.*"
  "${DOCLAYOUT_DEPS}/openvino/libs/libhwloc.so.*")
install(FILES ${DOCLAYOUT_OPENVINO_LIBRARIES} DESTINATION "${DOCLAYOUT_LIBRARIES}")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY "${DOCLAYOUT_DEPS}/openvino/licenses/" DESTINATION "${CMAKE_INSTALL_DOCDIR}/openvino")
